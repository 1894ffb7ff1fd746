package scenario

// diffCellsMax bounds the work and the memory of a comparison: beyond it lines
// are compared in blocks.
const diffCellsMax = 4_000_000

// diffLines shows both lists as one: lines in both behind two blanks, those only
// in want behind a minus, those only in got behind a plus.
func diffLines(want, got []string) []string {
	var out []string
	for len(want) > 0 && len(got) > 0 && want[0] == got[0] {
		out = append(out, "  "+want[0])
		want, got = want[1:], got[1:]
	}
	var tail []string
	for len(want) > 0 && len(got) > 0 && want[len(want)-1] == got[len(got)-1] {
		tail = append(tail, "  "+want[len(want)-1])
		want, got = want[:len(want)-1], got[:len(got)-1]
	}
	if len(want)*len(got) <= diffCellsMax {
		out = append(out, diffMiddle(want, got)...)
	} else {
		for _, l := range want {
			out = append(out, "- "+l)
		}
		for _, l := range got {
			out = append(out, "+ "+l)
		}
	}
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

// diffMiddle is diffLines by the longest common subsequence.
func diffMiddle(want, got []string) (out []string) {
	// common[i][j] is its length for want[i:] and got[j:].
	common := make([][]int32, len(want)+1)
	for i := range common {
		common[i] = make([]int32, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i] == got[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i] == got[j]:
			out = append(out, "  "+want[i])
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "- "+want[i])
			i++
		default:
			out = append(out, "+ "+got[j])
			j++
		}
	}
	return out
}
