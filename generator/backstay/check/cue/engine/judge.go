package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strings"

	"cuelang.org/go/cue"
)

// most is how many faults are told of one policy and object: a list of a million wrong items is wrong in one way.
const most = 50

// verdict is what one policy has against an object; `more` is how many faults are not told.
type verdict struct {
	Value  int     `json:"value"`
	Faults []fault `json:"faults"`
	More   int     `json:"more,omitempty"`
}

// judge holds an object against a union of policies and against others that have to be alone. Where the union finds a
// fault, each of its members is asked by itself. What passes is not told.
func judge(s *shelf, asked request) (reply, error) {
	given, err := s.encode(asked.Object)
	if err != nil {
		return reply{}, err
	}
	suspects := asked.Values
	if asked.Union != 0 {
		broken, err := s.breaking([]int{asked.Union}, given)
		if err != nil {
			return reply{}, err
		}
		if len(broken) > 0 {
			suspects = append(asked.Members, suspects...)
		}
	}
	broken, err := s.breaking(suspects, given)
	if err != nil || len(broken) == 0 {
		return reply{}, err
	}
	return s.verdicts(broken, asked.Object)
}

// complete asks for everything to be there.
var complete = []cue.Option{cue.Concrete(true), cue.Final()}

// breaking are those of the values that an object does not fit.
func (s *shelf) breaking(numbers []int, given cue.Value) (broken []int, err error) {
	for _, number := range numbers {
		value, err := s.get(number)
		if err != nil {
			return nil, err
		}
		if value.Unify(given).Validate(complete...) != nil {
			broken = append(broken, number)
		}
	}
	return broken, nil
}

// verdicts words what is wrong. Only here is the object read as CUE: it costs twice as much, but errors then show the
// object's values as they were written.
func (s *shelf) verdicts(suspects []int, text json.RawMessage) (reply, error) {
	given, err := s.fromJSON(text)
	if err != nil {
		return reply{}, err
	}
	var told []verdict
	for _, number := range suspects {
		value := s.values[number]
		faults := faultsOf(value.Unify(given).Validate(complete...), len(value.Path().Selectors()))
		kept := min(len(faults), most)
		told = append(told, verdict{number, faults[:kept], len(faults) - kept})
	}
	return reply{Verdicts: told}, nil
}

// encode makes a finished value of JSON text, without parsing or evaluating it as CUE. Its fields come in no order.
func (s *shelf) encode(text json.RawMessage) (cue.Value, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return cue.Value{}, err
	}
	plain, err := exact(plain)
	return s.context.Encode(plain, cue.NilIsAny(false)), err
}

// exact puts numbers as CUE tells them apart in the place of JSON's: whole ones of any size, and others.
func exact(plain any) (any, error) {
	var err error
	switch one := plain.(type) {
	case map[string]any:
		for key, below := range one {
			if one[key], err = exact(below); err != nil {
				return nil, err
			}
		}
	case []any:
		for index, below := range one {
			if one[index], err = exact(below); err != nil {
				return nil, err
			}
		}
	case json.Number:
		return number(one)
	}
	return plain, nil
}

func number(text json.Number) (any, error) {
	if strings.ContainsAny(string(text), ".eE") {
		return text.Float64()
	}
	if whole, err := text.Int64(); err == nil {
		return whole, nil
	}
	if whole, is := new(big.Int).SetString(string(text), 10); is {
		return whole, nil
	}
	return nil, errors.New("no number: " + string(text))
}
