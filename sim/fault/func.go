package fault

import "errors"

// Func is a closure as a fault. It has no line and no JSON that could be read
// back, so a run with one cannot be written as a scenario, and what it
// decides is as repeatable as it is itself: state of its own is fine where it
// only counts packets of one flow.
type Func struct {
	Name    string                             // for reports; "" is printed as a plain func
	Verdict func(seed Seed, p *Packet) Verdict // as Fault.Judge
}

// Judge calls Verdict.
func (f Func) Judge(seed Seed, p *Packet) Verdict { return f.Verdict(seed, p) }

// String is "func" and the name. Parse refuses it.
func (f Func) String() string {
	return line(&f)
}

// Validate wants a closure.
func (f Func) Validate() error { return validate(&f) }

// MarshalJSON refuses: a closure is code.
func (f Func) MarshalJSON() ([]byte, error) {
	return nil, errors.New("fault: " + f.String() + ": a closure has no JSON: use a fault that is a struct")
}

func (f *Func) kind() string    { return "func" }
func (f *Func) value() Fault    { return *f }
func (f *Func) fields(c *codec) { c.str("name", &f.Name) }

func (f *Func) check(c *checker) {
	if f.Verdict == nil {
		c.fail("verdict", "nil", "give the closure that judges")
	}
	c.label("name", f.Name)
}
