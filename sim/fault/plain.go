package fault

// What all faults that are structs have in common: each is written, read and
// validated through the list of its fields.

var (
	_ Fault = Drop{}
	_ Fault = Loss{}
	_ Fault = Burst{}
	_ Fault = Duplicate{}
	_ Fault = Reorder{}
	_ Fault = Corrupt{}
	_ Fault = Delay{}
	_ Fault = Partition{}
	_ Fault = Flap{}
	_ Fault = Clog{}
	_ Fault = Func{}
)

// String is the fault as one line, which Parse reads.
func (f Drop) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Drop) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" drop, which ParseJSON reads.
func (f Drop) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Drop) UnmarshalJSON(data []byte) error {
	*f = Drop{}
	return decode(data, f)
}

func (f Drop) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Loss) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Loss) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" loss, which ParseJSON reads.
func (f Loss) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Loss) UnmarshalJSON(data []byte) error {
	*f = Loss{}
	return decode(data, f)
}

func (f Loss) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Burst) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Burst) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" burst, which ParseJSON reads.
func (f Burst) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Burst) UnmarshalJSON(data []byte) error {
	*f = Burst{}
	return decode(data, f)
}

func (f Burst) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Duplicate) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Duplicate) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" duplicate, which ParseJSON reads.
func (f Duplicate) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Duplicate) UnmarshalJSON(data []byte) error {
	*f = Duplicate{}
	return decode(data, f)
}

func (f Duplicate) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Reorder) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Reorder) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" reorder, which ParseJSON reads.
func (f Reorder) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Reorder) UnmarshalJSON(data []byte) error {
	*f = Reorder{}
	return decode(data, f)
}

func (f Reorder) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Corrupt) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Corrupt) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" corrupt, which ParseJSON reads.
func (f Corrupt) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Corrupt) UnmarshalJSON(data []byte) error {
	*f = Corrupt{}
	return decode(data, f)
}

func (f Corrupt) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Delay) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Delay) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" delay, which ParseJSON reads.
func (f Delay) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Delay) UnmarshalJSON(data []byte) error {
	*f = Delay{}
	return decode(data, f)
}

func (f Delay) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Partition) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Partition) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" partition, which ParseJSON reads.
func (f Partition) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Partition) UnmarshalJSON(data []byte) error {
	*f = Partition{}
	return decode(data, f)
}

func (f Partition) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Flap) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Flap) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" flap, which ParseJSON reads.
func (f Flap) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Flap) UnmarshalJSON(data []byte) error {
	*f = Flap{}
	return decode(data, f)
}

func (f Flap) identity() string { return identity(&f, f.Name) }

// String is the fault as one line, which Parse reads.
func (f Clog) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Clog) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" clog, which ParseJSON reads.
func (f Clog) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Clog) UnmarshalJSON(data []byte) error {
	*f = Clog{}
	return decode(data, f)
}

func (f Clog) identity() string { return identity(&f, f.Name) }

// identity is what a Set derives the fault's seed from.
func identity(f plain, name string) string {
	if name != "" {
		return f.kind() + " " + name
	}
	return line(f)
}
