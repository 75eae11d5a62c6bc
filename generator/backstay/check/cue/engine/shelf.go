package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"
	cuejson "cuelang.org/go/encoding/json"
)

// object is what faults call the place of a value that came as JSON.
const object = "object"

// shelf keeps values under numbers.
type shelf struct {
	context *cue.Context
	values  map[int]cue.Value
	last    int
}

func newShelf() *shelf {
	return &shelf{context: cuecontext.New(), values: map[int]cue.Value{}}
}

var operations = map[string]func(*shelf, request) (reply, error){
	"compile":  compile,
	"object":   fromJSON,
	"lookup":   lookup,
	"unify":    unify,
	"validate": validate,
	"judge":    judge,
	"json":     toJSON,
	"free":     free,
	"places":   places,
	"schema":   schema,
	"policies": policies,
}

func (s *shelf) keep(value cue.Value) int {
	s.last++
	s.values[s.last] = value
	return s.last
}

func (s *shelf) get(number int) (cue.Value, error) {
	value, there := s.values[number]
	if !there {
		return value, fmt.Errorf("there is no value %d", number)
	}
	return value, nil
}

// all is the one value that the request names, or what its values make together.
func (s *shelf) all(numbers []int) (cue.Value, error) {
	if len(numbers) == 0 {
		return cue.Value{}, errors.New("no values named")
	}
	together, err := s.get(numbers[0])
	for _, number := range numbers[1:] {
		value, wrong := s.get(number)
		err = errors.Join(err, wrong)
		together = together.Unify(value)
	}
	return together, err
}

// compile makes one value of the files, which are one package.
func compile(s *shelf, asked request) (reply, error) {
	files, faults := parse(asked.Files)
	if len(faults) > 0 {
		return reply{Faults: faults}, nil
	}
	value, err := s.build(files)
	if err != nil {
		return reply{Faults: placed(faultsOf(err, 0), value, files)}, nil
	}
	return reply{Value: s.keep(value)}, nil
}

func parse(files []source) (parsed []*ast.File, faults []fault) {
	for _, one := range files {
		file, err := parser.ParseFile(one.Name, one.Text, parser.ParseComments)
		if err != nil {
			faults = append(faults, faultsOf(err, 0)...)
			continue
		}
		if far := modules(file); len(far) > 0 {
			faults = append(faults, far...)
			continue
		}
		noteCalls(file)
		parsed = append(parsed, file)
	}
	return parsed, faults
}

// modules are a fault for each import of something else than CUE's standard library, whose names have no dots.
func modules(file *ast.File) (faults []fault) {
	for one := range file.ImportSpecs() {
		path, _ := strconv.Unquote(one.Path.Value)
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			at := one.Path.Pos()
			message := fmt.Sprintf("%q is no package of CUE's standard library, and nothing else can be imported", path)
			faults = append(faults, fault{conflict, []string{}, message, at.Filename(), at.Line(), at.Column(), true, nil})
		}
	}
	return faults
}

func (s *shelf) build(files []*ast.File) (cue.Value, error) {
	instance := build.NewContext().NewInstance("", nil)
	for _, file := range files {
		if err := instance.AddSyntax(file); err != nil {
			return cue.Value{}, err
		}
	}
	if err := instance.Complete(); err != nil {
		return cue.Value{}, err
	}
	value := s.context.BuildInstance(instance)
	return value, value.Validate()
}

// fromJSON makes a value of JSON text. An expression leaves nothing behind in the context, as a compiled text would.
func (s *shelf) fromJSON(text json.RawMessage) (cue.Value, error) {
	expression, err := cuejson.Extract(object, text)
	if err != nil {
		return cue.Value{}, err
	}
	return s.context.BuildExpr(expression), nil
}

func fromJSON(s *shelf, asked request) (reply, error) {
	value, err := s.fromJSON(asked.Object)
	if err != nil {
		return reply{}, err
	}
	return reply{Value: s.keep(value)}, nil
}

func lookup(s *shelf, asked request) (reply, error) {
	value, err := s.all(asked.Values)
	if err != nil {
		return reply{}, err
	}
	path := cue.ParsePath(asked.Path)
	if path.Err() != nil {
		return reply{}, path.Err()
	}
	found := value.LookupPath(path)
	if err := found.Err(); err != nil && !found.Exists() {
		return reply{Faults: faultsOf(err, 0)}, nil
	}
	return reply{Value: s.keep(found)}, nil
}

func unify(s *shelf, asked request) (reply, error) {
	value, err := s.all(asked.Values)
	if err != nil {
		return reply{}, err
	}
	return reply{Value: s.keep(value)}, nil
}

// validate tells what is wrong with the values together. With `concrete`, nothing may be open; with `final`, defaults
// count and required fields have to be there.
func validate(s *shelf, asked request) (reply, error) {
	value, err := s.all(asked.Values)
	if err != nil {
		return reply{}, err
	}
	options := []cue.Option{cue.Concrete(asked.Concrete)}
	if asked.Final {
		options = append(options, cue.Final())
	}
	return reply{Faults: faultsOf(value.Validate(options...), len(value.Path().Selectors()))}, nil
}

func toJSON(s *shelf, asked request) (reply, error) {
	value, err := s.all(asked.Values)
	if err != nil {
		return reply{}, err
	}
	text, err := value.MarshalJSON()
	if err != nil {
		return reply{Faults: placed(faultsOf(err, len(value.Path().Selectors())), value, nil)}, nil
	}
	return reply{JSON: text}, nil
}

func free(s *shelf, asked request) (reply, error) {
	for _, number := range asked.Values {
		delete(s.values, number)
	}
	return reply{}, nil
}
