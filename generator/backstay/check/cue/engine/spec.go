package main

import (
	"cuelang.org/go/cue"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/encoding/jsonschema"
)

// spot is where the value at a path stands: line and column of the file that the path's last writer is in.
type spot struct {
	Path   []string `json:"path"`
	Line   int      `json:"line"`
	Column int      `json:"column"`
}

// places lists where the values below a value stand, as far as they stand in the file that it is named after.
func places(s *shelf, asked request) (reply, error) {
	value, err := s.all(asked.Values)
	if err != nil {
		return reply{}, err
	}
	var found []spot
	var walk func(cue.Value, []string)
	walk = func(one cue.Value, path []string) {
		if at := one.Pos(); at.IsValid() && at.Filename() == asked.Path {
			found = append(found, spot{append([]string{}, path...), at.Line(), at.Column()})
		}
		if fields, err := one.Fields(); err == nil {
			for fields.Next() {
				walk(fields.Value(), append(path, nameOf(fields.Selector())))
			}
		}
		if items, err := one.List(); err == nil {
			for items.Next() {
				walk(items.Value(), append(path, items.Selector().String()))
			}
		}
	}
	walk(value, nil)
	return reply{Spots: found}, nil
}

// schema turns a JSON Schema into CUE: what CUE cannot say, such as a pattern with a look-ahead, is left out.
func schema(s *shelf, asked request) (reply, error) {
	given, err := s.fromJSON(asked.Object)
	if err != nil {
		return reply{}, err
	}
	file, err := jsonschema.Extract(given, &jsonschema.Config{PkgName: asked.Path, SingleRoot: true})
	if err != nil {
		return reply{}, err
	}

	text, err := format.Node(file, format.Simplify())
	if err != nil {
		return reply{}, err
	}
	return reply{Text: string(text)}, nil
}
