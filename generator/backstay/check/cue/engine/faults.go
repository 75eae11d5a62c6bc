package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
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
	Plain   bool     `json:"plain,omitempty"` // of what a policy says: no value is in it
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

// longest is how many bytes of a message are told.
const longest = 2000

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
	told := fault{Sort: sortOf(format), Path: pathOf(err, depth), Message: clipped(fmt.Sprintf(format, arguments...))}
	if at := position(err); at.IsValid() {
		told.File, told.Line, told.Column = at.Filename(), at.Line(), at.Column()
		if plain, says := calls[inFile(at)]; says && told.Sort == conflict {
			told.Sort, told.Plain = said, plain
		}
	}
	return told
}

// clipped is a message without its end where it repeats a large part of an object.
func clipped(message string) string {
	if len(message) <= longest {
		return message
	}
	return strings.ToValidUTF8(message[:longest], "") + "..."
}

func sortOf(format string) string {
	for _, one := range sorts {
		if strings.Contains(format, one.words) {
			return one.sort
		}
	}
	return conflict
}

// calls are the places of calls of `error` in the files that were parsed, as the error's own words do not tell who chose
// them: true where the words stand there as they are, false where they are put together from values.
var calls = map[spotInFile]bool{}

type spotInFile struct {
	file         string
	line, column int
}

// noteCalls remembers the calls of `error` in a file.
func noteCalls(file *ast.File) {
	ast.Walk(file, func(node ast.Node) bool {
		if call, is := node.(*ast.CallExpr); is && textOf(call.Fun) == "error" && len(call.Args) == 1 {
			_, plain := call.Args[0].(*ast.BasicLit)
			calls[inFile(call.Pos())] = plain
		}
		return true
	}, nil)
}

func inFile(at token.Pos) spotInFile {
	return spotInFile{at.Filename(), at.Line(), at.Column()}
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

// placed gives faults without a place that of what is wrong with: the field at their path or the one it is in. Neither
// "incomplete value" nor "structural cycle" has one of its own.
func placed(faults []fault, value cue.Value, files []*ast.File) []fault {
	for index := range faults {
		if one := &faults[index]; one.File == "" {
			if at := whereabouts(one.Path, value, files); at.IsValid() {
				one.File, one.Line, one.Column = at.Filename(), at.Line(), at.Column()
			}
		}
	}
	return faults
}

func whereabouts(path []string, value cue.Value, files []*ast.File) token.Pos {
	for ; len(path) > 0; path = path[:len(path)-1] {
		if at := at(value, path).Pos(); at.IsValid() && at.Filename() != object {
			return at
		}
		if declared := scopeOf(files)[path[0]]; len(path) == 1 && len(declared) > 0 {
			return declared[0].Pos()
		}
	}
	return token.NoPos
}

// at is the value at a path, whose steps are numbers in lists and names elsewhere.
func at(value cue.Value, path []string) cue.Value {
	for _, step := range path {
		selector := cue.Str(step)
		if index, err := strconv.Atoi(step); err == nil && value.IncompleteKind() == cue.ListKind {
			selector = cue.Index(index)
		} else if strings.HasPrefix(step, "#") {
			selector = cue.Def(step)
		}
		value = value.LookupPath(cue.MakePath(selector))
	}
	return value
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
