package fault

// What the faults of hosts and names have in common, as those of packets.

var (
	_ Scheduled = Crash{}
	_ Scheduled = Pause{}
	_ Scheduled = Skew{}
	_ Resolving = DNS{}
)

// String is the fault as one line, which Parse reads.
func (f Crash) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Crash) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" crash, which ParseJSON reads.
func (f Crash) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Crash) UnmarshalJSON(data []byte) error {
	*f = Crash{}
	return decode(data, f)
}

// String is the fault as one line, which Parse reads.
func (f Pause) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Pause) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" pause, which ParseJSON reads.
func (f Pause) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Pause) UnmarshalJSON(data []byte) error {
	*f = Pause{}
	return decode(data, f)
}

// String is the fault as one line, which Parse reads.
func (f Skew) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Skew) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" skew, which ParseJSON reads.
func (f Skew) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Skew) UnmarshalJSON(data []byte) error {
	*f = Skew{}
	return decode(data, f)
}

// String is the fault as one line, which Parse reads.
func (f DNS) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f DNS) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" dns, which ParseJSON reads.
func (f DNS) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *DNS) UnmarshalJSON(data []byte) error {
	*f = DNS{}
	return decode(data, f)
}

func (f DNS) identity() string { return identity(&f, f.Name) }
