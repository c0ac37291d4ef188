package trends

import "sync"

// mostRoom is what the collector gets at most, in bytes.
const mostRoom = 32 << 20

// room is memory that nothing touches, so that it takes none of the machine's. Go's collector runs when the heap has grown by
// as much as was in use after the last time, so a small heap is collected more often: the values that a trend no longer keeps
// would make each request dearer. room takes their place in that count. A k6 that keeps them needs more memory in any case.
var room struct {
	sync.Mutex
	blocks [][]byte
	size   int
}

// addRoom is called for values that are counted instead of kept.
func addRoom(values int) {
	room.Lock()
	defer room.Unlock()
	if size := min(values*8, mostRoom-room.size); size > 0 {
		room.blocks, room.size = append(room.blocks, make([]byte, size)), room.size+size
	}
}
