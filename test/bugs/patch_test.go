package bugs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// applyPatch applies a unified diff and returns the changed files. read gives
// a file by the name that the diff has for it, without the prefix "a/". Every
// hunk must fit in exactly one place.
func applyPatch(patch string, read func(name string) (string, error)) (map[string]string, error) {
	changed := map[string]string{}
	var name string
	lines := strings.SplitAfter(patch, "\n")
	for i := 0; i < len(lines); {
		switch line := strings.TrimSuffix(lines[i], "\n"); {
		case strings.HasPrefix(line, "--- a/"):
			name = strings.TrimPrefix(line, "--- a/")
			text, err := read(name)
			if err != nil {
				return nil, err
			}
			changed[name] = text
			i++
		case strings.HasPrefix(line, "@@ ") && name != "":
			end := i + 1
			for end < len(lines) && lines[end] != "" && strings.ContainsRune(" +-", rune(lines[end][0])) && !strings.HasPrefix(lines[end], "--- a/") {
				end++
			}
			text, err := applyHunk(changed[name], lines[i+1:end])
			if err != nil {
				return nil, fmt.Errorf("%s, hunk %q: %w", name, line, err)
			}
			changed[name] = text
			i = end
		default:
			i++ // what stands between files is prose
		}
	}
	if len(changed) == 0 {
		return nil, fmt.Errorf("there is no line that begins with --- a/")
	}
	return changed, nil
}

// applyHunk replaces the hunk's old lines in text by its new ones.
func applyHunk(text string, hunk []string) (string, error) {
	var before, after []string
	for _, line := range hunk {
		if line[0] != '+' {
			before = append(before, line[1:])
		}
		if line[0] != '-' {
			after = append(after, line[1:])
		}
	}
	lines := strings.SplitAfter(text, "\n")
	place, places := 0, 0
	for i := range len(lines) - len(before) + 1 {
		if slices.Equal(lines[i:i+len(before)], before) {
			place, places = i, places+1
		}
	}
	if places != 1 {
		return "", fmt.Errorf("its old lines are in %d places of the file, want one", places)
	}
	return strings.Join(slices.Replace(lines, place, place+len(before), after...), ""), nil
}

func TestPatchesFitInOnePlace(t *testing.T) {
	file := func(text string) func(string) (string, error) {
		return func(string) (string, error) { return text, nil }
	}
	patch := "why\n--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n one\n-two\n+2\n+3\n"
	got, err := applyPatch(patch, file("one\ntwo\nfour\n"))
	if want := "one\n2\n3\nfour\n"; err != nil || got["f"] != want {
		t.Errorf("%q, %v, want %q", got["f"], err, want)
	}
	for _, text := range []string{"one\nthree\n", "one\ntwo\none\ntwo\n"} {
		if got, err := applyPatch(patch, file(text)); err == nil {
			t.Errorf("%q became %q, want an error", text, got["f"])
		}
	}
	if _, err := applyPatch("no diff\n", file("")); err == nil {
		t.Error("prose was taken for a patch")
	}
}
