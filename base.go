package cases

import (
    "os"
    "re"
    "sys"
)

type All struct {
    queue string
    load string
    node string
}

func queue(a int) {
    total(node, 2)
}

func load(a int) {
    right(load, 7)
    queue(load, 4)
}

// what a limit of 6 is
func node() {
    if right > 5 {
        node = right + 1
    }
}
