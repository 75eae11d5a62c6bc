package main

import (
	"maps"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

const attribute = "policy"

// policy is a field with `@policy(...)`: its value's number, whom it is for, what its comment says, and its traps.
type policy struct {
	Name      string            `json:"name"`
	Value     int               `json:"value"`
	Arguments map[string]string `json:"arguments"`
	Doc       string            `json:"doc,omitempty"`
	Apart     bool              `json:"apart,omitempty"`
	Supplies  []string          `json:"supplies,omitempty"`
	Asks      []string          `json:"asks,omitempty"`
	Traps     []trap            `json:"traps,omitempty"`
	File      string            `json:"file"`
	Line      int               `json:"line"`
	Column    int               `json:"column"`
}

// policies builds every package of the files and lists its policies; what is wrong with one package leaves the others.
func policies(s *shelf, asked request) (reply, error) {
	files, faults := parse(asked.Files)
	told := reply{Faults: faults}
	for _, together := range packages(files) {
		value, err := s.build(together)
		if err != nil {
			told.Faults = append(told.Faults, placed(faultsOf(err, 0), value, together)...)
			continue
		}
		told.Policies = append(told.Policies, s.policiesOf(value, together)...)
	}
	return told, nil
}

// packages are the files by their package; a file that names none is alone.
func packages(files []*ast.File) [][]*ast.File {
	var groups [][]*ast.File
	known := map[string]int{}
	for _, file := range files {
		name := file.PackageName()
		if index, there := known[name]; there && name != "" {
			groups[index] = append(groups[index], file)
			continue
		}
		known[name] = len(groups)
		groups = append(groups, []*ast.File{file})
	}
	return groups
}

func (s *shelf) policiesOf(value cue.Value, files []*ast.File) []policy {
	var found []policy
	scope := scopeOf(files)
	fields, err := value.Fields(cue.All())
	if err != nil {
		return nil
	}
	for fields.Next() {
		arguments := argumentsOf(fields.Value())
		declared := scope[nameOf(fields.Selector())]
		if len(declared) == 0 || arguments == nil && !looksLikePolicy(fields.Selector(), declared) {
			continue
		}
		one := policy{Name: nameOf(fields.Selector()), Arguments: arguments, Doc: docOf(fields.Value())}
		position := declared[0].Pos()
		one.File, one.Line, one.Column = position.Filename(), position.Line(), position.Column()
		if arguments == nil {
			one.Traps = []trap{trapAt(position, "nobody", one.Name)}
			found = append(found, one)
			continue
		}
		one.Value = s.keep(fields.Value())
		walk := newWalker(scope)
		walk.policy(declared, fields.Selector().IsDefinition())
		one.Apart, one.Traps = walk.apart, walk.traps
		one.Supplies, one.Asks = slices.Sorted(maps.Keys(walk.supplies)), slices.Sorted(maps.Keys(walk.asks))
		found = append(found, one)
	}
	return found
}

// looksLikePolicy is true of a plain field with a struct: had it been a helper, it would be hidden or a definition.
func looksLikePolicy(selector cue.Selector, declared []*ast.Field) bool {
	if !selector.IsString() {
		return false
	}
	return slices.ContainsFunc(declared, func(field *ast.Field) bool {
		_, isStruct := field.Value.(*ast.StructLit)
		return isStruct
	})
}

func nameOf(selector cue.Selector) string {
	if selector.IsString() {
		return selector.Unquoted()
	}
	return selector.String()
}

// argumentsOf is nil when the value is no policy.
func argumentsOf(value cue.Value) map[string]string {
	var found map[string]string
	for _, one := range value.Attributes(cue.ValueAttr) {
		if one.Name() != attribute {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		for index := range one.NumArgs() {
			if key, text := one.Arg(index); key != "" {
				found[key] = text
			}
		}
	}
	return found
}

func docOf(value cue.Value) string {
	var lines []string
	for _, group := range value.Doc() {
		lines = append(lines, strings.TrimSpace(group.Text()))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// scopeOf are the declarations of the package's fields by name.
func scopeOf(files []*ast.File) map[string][]*ast.Field {
	scope := map[string][]*ast.Field{}
	for _, file := range files {
		for _, declaration := range file.Decls {
			if field, is := declaration.(*ast.Field); is {
				if name, _, err := ast.LabelName(field.Label); err == nil {
					scope[name] = append(scope[name], field)
				}
			}
		}
	}
	return scope
}

func trapAt(position token.Pos, kind, what string) trap {
	return trap{Kind: kind, What: what, File: position.Filename(), Line: position.Line(), Column: position.Column()}
}
