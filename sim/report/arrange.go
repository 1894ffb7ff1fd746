package report

import "slices"

// arrange puts hosts into the order in which the packets' arrows are shortest
// in all, so that routers stand between those whom they join; of several such
// orders it is the one nearest to that of hosts. It tries them all, so it is
// for few hosts.
func arrange(hosts []string, packets []*packet) []string {
	links := map[[2]int]int{}
	for _, p := range packets {
		if p.to != "" {
			links[[2]int{slices.Index(hosts, p.from), slices.Index(hosts, p.to)}]++
		}
	}
	place := make([]int, len(hosts)) // of each host
	best, bestLength := []int(nil), 0
	var try func(order []int)
	try = func(order []int) {
		if len(order) < len(hosts) {
			for host := range hosts {
				if !slices.Contains(order, host) {
					try(append(order, host))
				}
			}
			return
		}
		for at, host := range order {
			place[host] = at
		}
		length := 0
		for link, count := range links {
			length += count * max(place[link[0]]-place[link[1]], place[link[1]]-place[link[0]])
		}
		if best == nil || length < bestLength {
			best, bestLength = slices.Clone(order), length
		}
	}
	try(make([]int, 0, len(hosts)))
	arranged := make([]string, 0, len(hosts))
	for _, host := range best {
		arranged = append(arranged, hosts[host])
	}
	return arranged
}
