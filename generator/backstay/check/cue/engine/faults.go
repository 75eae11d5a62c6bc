package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"
)

// fault is one thing that is wrong: what sort of thing, where in the value, and where in the files that ask for it.
type fault struct {
	Sort    string   `json:"sort"`
	Path    []string `json:"path"`
	Message string   `json:"message"`
	File    string   `json:"file,omitempty"`
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
	Nearest *fault   `json:"nearest,omitempty"`
}

// The sorts of faults, by how the evaluator words them (internal/core/adt of cuelang.org/go).
const (
	conflict   = "conflict"
	required   = "required"
	notAllowed = "not-allowed"
	incomplete = "incomplete"
	branches   = "branches"
	said       = "said" // what `error("...")` in a policy says
)

var sorts = []struct{ sort, words string }{
	{required, "field is required but not present"},
	{notAllowed, "field not allowed"},
	{incomplete, "incomplete"},
	{incomplete, "non-concrete value"},
	{incomplete, "unresolved disjunction"},
	{incomplete, "undefined field"},
	{branches, "errors in empty disjunction"},
	{branches, "does not satisfy"},
}

// faultsOf takes an error apart; `depth` is how much of each path is above the value.
func faultsOf(err error, depth int) []fault {
	var all []fault
	for _, one := range errors.Errors(err) {
		all = append(all, faultOf(one, depth))
	}
	return nearest(all)
}

func faultOf(err errors.Error, depth int) fault {
	format, arguments := err.Msg()
	told := fault{Sort: sortOf(format), Path: pathOf(err, depth), Message: fmt.Sprintf(format, arguments...)}
	if at := position(err); at.IsValid() {
		told.File, told.Line, told.Column = at.Filename(), at.Line(), at.Column()
		if told.Sort == conflict && says(at) {
			told.Sort = said
		}
	}
	return told
}

func sortOf(format string) string {
	for _, one := range sorts {
		if strings.Contains(format, one.words) {
			return one.sort
		}
	}
	return conflict
}

// lines are those of the files that were parsed, by name.
var lines = map[string][]string{}

// says is true of the place of a call of `error`: the error's own words do not tell who chose them.
func says(at token.Pos) bool {
	text := lines[at.Filename()]
	if at.Line() > len(text) || at.Column() > len(text[at.Line()-1]) {
		return false
	}
	return strings.HasPrefix(text[at.Line()-1][at.Column()-1:], "error(")
}

func pathOf(err errors.Error, depth int) []string {
	path := []string{}
	for index, step := range err.Path() {
		if index >= depth {
			if plain, wrong := strconv.Unquote(step); wrong == nil {
				step = plain
			}
			path = append(path, step)
		}
	}
	return path
}

// position is the first one in a file that asks for something.
func position(err errors.Error) token.Pos {
	for _, at := range append([]token.Pos{err.Position()}, err.InputPositions()...) {
		if at.IsValid() && at.Filename() != "" && at.Filename() != object {
			return at
		}
	}
	return token.NoPos
}

// nearest puts the branches of a disjunction, which follow it, into one: the one that the value comes nearest to.
func nearest(all []fault) []fault {
	var kept []fault
	for index := 0; index < len(all); index++ {
		one := all[index]
		if one.Sort == branches {
			for index+1 < len(all) && below(all[index+1].Path, one.Path) {
				index++
				if other := all[index]; one.Nearest == nil || nearer(other, *one.Nearest) {
					one.Nearest = &other
				}
			}
		}
		kept = append(kept, one)
	}
	return kept
}

func below(path, above []string) bool {
	return len(path) >= len(above) && slices.Equal(path[:len(above)], above)
}

// nearer is deeper inside; at the same depth another bound is nearer than another value, and that than another type.
func nearer(one, other fault) bool {
	if len(one.Path) != len(other.Path) {
		return len(one.Path) > len(other.Path)
	}
	return distance(one.Message) < distance(other.Message)
}

func distance(message string) int {
	switch {
	case strings.Contains(message, "out of bound"):
		return 0
	case strings.Contains(message, "mismatched types"):
		return 2
	case strings.Contains(message, "empty disjunction"), strings.Contains(message, "does not satisfy"):
		return 3
	}
	return 1
}
