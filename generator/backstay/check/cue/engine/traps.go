package main

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/token"
)

// trap is a place in a policy that means something else than it seems to.
type trap struct {
	Kind   string `json:"kind"`
	What   string `json:"what"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// walker reads a policy's syntax. A field without a mark is there when a policy was applied, whether the object has it
// or not: `supplies` are the names of those that are structs or lists, `apart` is set when one is anything else. `asks`
// are the names of required fields and of what expressions refer to. Policies of which one supplies what another asks
// for pass together and fail apart, so they must not be unified beforehand.
type walker struct {
	scope    map[string][]*ast.Field
	seen     map[string]bool
	apart    bool
	supplies map[string]bool
	asks     map[string]bool
	traps    []trap
}

func newWalker(scope map[string][]*ast.Field) *walker {
	return &walker{scope: scope, seen: map[string]bool{}, supplies: map[string]bool{}, asks: map[string]bool{}}
}

// types and validators ask for a value and give none.
var types = []string{
	"_", "_|_", "string", "bytes", "bool", "int", "uint", "float", "number", "null", "rune", "error",
	"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
}

var validators = []string{
	"matchN", "matchIf", "close", "error",
	"strings.MinRunes", "strings.MaxRunes", "struct.MinFields", "struct.MaxFields",
	"list.MinItems", "list.MaxItems", "list.UniqueItems", "list.MatchN", "regexp.Valid",
	"net.IP", "net.IPv4", "net.IPCIDR", "net.FQDN", "time.Duration", "time.Time", "json.Validate", "yaml.Validate",
}

// identity are fields at the top that every object has.
var identity = []string{"apiVersion", "kind"}

func (w *walker) policy(declared []*ast.Field, definition bool) {
	for _, field := range declared {
		w.references(field)
		body, isStruct := field.Value.(*ast.StructLit)
		if definition && isStruct && !open(body) {
			w.trap(field, "closed", labelOf(field))
		}
		if isStruct {
			w.elements(body.Elts, nil)
			continue
		}
		w.value(field.Value, nil)
	}
}

func (w *walker) elements(elements []ast.Decl, path []string) {
	for _, element := range elements {
		switch one := element.(type) {
		case *ast.Field:
			w.field(one, path)
		case *ast.EmbedDecl:
			w.embedded(one.Expr, path)
		case *ast.Comprehension:
			w.embedded(one, path)
		}
	}
}

// embedded is what stands in a struct without a name: a condition, another policy, a bound.
func (w *walker) embedded(expression ast.Expr, path []string) {
	if one, is := expression.(*ast.Comprehension); is {
		if body, isStruct := one.Value.(*ast.StructLit); isStruct {
			w.elements(body.Elts, path)
		}
		return
	}
	w.value(expression, path)
}

func (w *walker) field(field *ast.Field, path []string) {
	name := labelOf(field)
	below := append(slices.Clone(path), name)
	_, isPattern := field.Label.(*ast.ListLit)
	switch {
	case isPattern, field.Constraint != token.ILLEGAL:
		w.asks[name] = w.asks[name] || field.Constraint == token.NOT
		if !literal(field.Value) {
			w.value(field.Value, below)
		}
	case strings.HasPrefix(name, "#"):
	case len(path) == 0 && slices.Contains(identity, name):
	case literal(field.Value):
		w.apart = true
		w.trap(field, "supplies", name+": "+textOf(field.Value))
	default:
		w.supplies[name] = true
		w.apart = w.apart || !isContainer(field.Value)
		w.value(field.Value, below)
	}
}

func isContainer(expression ast.Expr) bool {
	switch expression.(type) {
	case *ast.StructLit, *ast.ListLit:
		return true
	}
	return false
}

func (w *walker) value(expression ast.Expr, path []string) {
	switch one := expression.(type) {
	case *ast.StructLit:
		w.elements(one.Elts, path)
	case *ast.ListLit:
		w.list(one, path)
	case *ast.ParenExpr:
		w.value(one.X, path)
	case *ast.BinaryExpr:
		w.both(one, path)
	case *ast.UnaryExpr:
		w.apart = w.apart || one.Op == token.MUL
	case *ast.Ident:
		w.reference(one, path)
	case *ast.BasicLit, *ast.BottomLit:
	case *ast.CallExpr:
		w.apart = w.apart || !slices.Contains(validators, textOf(one.Fun))
		w.arguments(one, path)
	default:
		w.apart = w.apart || !slices.Contains(validators, textOf(one))
	}
}

// arguments of a validator are judged apart from the object: what they hold supplies nothing, but has traps.
func (w *walker) arguments(call *ast.CallExpr, path []string) {
	inner := newWalker(w.scope)
	for _, argument := range call.Args {
		inner.value(argument, path)
	}
	for _, one := range inner.traps {
		if one.Kind != "branches" {
			w.traps = append(w.traps, one)
		}
	}
}

func (w *walker) list(list *ast.ListLit, path []string) {
	for _, element := range list.Elts {
		if rest, is := element.(*ast.Ellipsis); is {
			if rest.Type != nil {
				w.value(rest.Type, path)
			}
			continue
		}
		w.apart = true
	}
}

func (w *walker) both(binary *ast.BinaryExpr, path []string) {
	if binary.Op != token.AND && binary.Op != token.OR {
		w.apart = true
		return
	}
	if binary.Op == token.OR && (asksFor(binary.X) || asksFor(binary.Y)) {
		w.trap(binary, "branches", strings.Join(path, "."))
	}
	w.value(binary.X, path)
	w.value(binary.Y, path)
}

// reference is a type, another declaration of the package, or something that only evaluation knows.
func (w *walker) reference(name *ast.Ident, path []string) {
	declared := w.scope[name.Name]
	switch {
	case slices.Contains(types, name.Name):
	case len(declared) == 0:
		w.apart = true
	case !w.seen[name.Name]:
		w.seen[name.Name] = true
		for _, field := range declared {
			w.apart = w.apart || literal(field.Value)
			w.references(field)
			w.value(field.Value, path)
		}
	}
}

// references notes the last name of everything that an expression refers to.
func (w *walker) references(field *ast.Field) {
	skipped := map[ast.Node]bool{}
	ast.Walk(field, func(node ast.Node) bool {
		switch one := node.(type) {
		case *ast.Field:
			skipped[one.Label] = true
		case *ast.SelectorExpr:
			if !skipped[one] {
				name, _, _ := ast.LabelName(one.Sel)
				w.asks[name] = true
			}
			skipped[one.X], skipped[one.Sel] = true, true
		case *ast.Ident:
			if !skipped[one] && len(w.scope[one.Name]) == 0 && !slices.Contains(types, one.Name) {
				w.asks[one.Name] = true
			}
		}
		return true
	}, nil)
}

func (w *walker) trap(node ast.Node, kind, what string) {
	w.traps = append(w.traps, trapAt(node.Pos(), kind, what))
}

// literal is true of a value that an object without the field would be given.
func literal(expression ast.Expr) bool {
	switch one := expression.(type) {
	case *ast.BasicLit:
		return true
	case *ast.ParenExpr:
		return literal(one.X)
	case *ast.BinaryExpr:
		return one.Op == token.AND && (literal(one.X) || literal(one.Y)) || one.Op == token.OR && defaulted(one)
	case *ast.Interpolation:
		return true
	}
	return false
}

// defaulted is true of a disjunction with a mark on one of its values.
func defaulted(expression ast.Expr) bool {
	switch one := expression.(type) {
	case *ast.BinaryExpr:
		return defaulted(one.X) || defaulted(one.Y)
	case *ast.UnaryExpr:
		return one.Op == token.MUL
	}
	return false
}

// asksFor is true of a struct with required fields.
func asksFor(expression ast.Expr) bool {
	body, is := expression.(*ast.StructLit)
	return is && slices.ContainsFunc(body.Elts, func(element ast.Decl) bool {
		field, isField := element.(*ast.Field)
		return isField && field.Constraint == token.NOT
	})
}

func open(body *ast.StructLit) bool {
	return slices.ContainsFunc(body.Elts, func(element ast.Decl) bool {
		_, is := element.(*ast.Ellipsis)
		return is
	})
}

func labelOf(field *ast.Field) string {
	name, _, err := ast.LabelName(field.Label)
	if err != nil {
		return textOf(field.Label)
	}
	return name
}

func textOf(node ast.Node) string {
	text, err := format.Node(node)
	if err != nil {
		return "..."
	}
	return string(text)
}
