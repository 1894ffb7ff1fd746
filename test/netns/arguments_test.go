package netns

import "testing"

func TestChildPattern(t *testing.T) {
	tests := []struct{ parent, name, want string }{
		{"", "TestA", "^TestA$"},
		{"TestA", "TestA", "^TestA$"},
		{"Test", "TestA/b", "^TestA$/^b$"},
		{"TestA/b", "TestA", "^TestA$/b"},
		{"TestA/b/c", "TestA/b", "^TestA$/^b$/c"},
		{"^TestA$/x|TestB/y", "TestB", "^TestB$/y"},
		{"Test/x|TestB/y", "TestB", "^TestB$/x|^TestB$/y"},
		{"(TestA|TestB)/y", "TestB", "^TestB$/y"},
		{"Test[A/B]/y", "TestB", "^TestB$/y"},
		{"TestA|TestA/b", "TestA", "^TestA$"},
		{"TestB", "TestA", "^TestA$"}, // run by other means: the test decides
		{"TestA", "TestA/mtu=1.5", `^TestA$/^mtu=1\.5$`},
	}
	for _, tt := range tests {
		if got := childPattern(tt.parent, tt.name); got != tt.want {
			t.Errorf("childPattern(%q, %q) = %q, want %q", tt.parent, tt.name, got, tt.want)
		}
	}
}
