package transport

// TCP is the contract as one owner sees it: that owner is "the calling
// process" of every method. It is a small view without state; an owner may
// have any number of them, used by any number of goroutines. Once the owner has
// ended, its calls neither wait nor open anything: they answer ErrClosed where
// they would have to.
type TCP struct {
	node  *Node
	owner *Owner
}

var _ Transport = (*TCP)(nil)

// Name is Transport.Name: the name of the node's default network.
func (t *TCP) Name() string { return t.node.network.Name() }

// Owner returns the owner whose view t is.
func (t *TCP) Owner() *Owner { return t.owner }
