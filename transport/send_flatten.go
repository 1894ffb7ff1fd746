package transport

import (
	"fmt"
	"reflect"
	"syscall"
)

// depthMax bounds the nesting of IOData, so that a slice that contains itself
// is an error and not the end of the program.
const depthMax = 1000

// flatten returns data as one slice. borrowed tells that it is the caller's.
func flatten(data IOData) (flat []byte, borrowed bool, err error) {
	if b, ok := data.([]byte); ok {
		return b, true, nil
	}
	flat, err = appendData(nil, data, 0)
	return flat, false, err
}

// appendData appends the bytes of data to dst.
func appendData(dst []byte, data IOData, depth int) ([]byte, error) {
	if depth > depthMax {
		return nil, dataError("it is nested more than %d deep, flatten it", depthMax)
	}
	switch v := data.(type) {
	case []byte:
		return append(dst, v...), nil
	case string:
		return append(dst, v...), nil
	case byte:
		return append(dst, v), nil
	case int:
		if v < 0 || v > 255 {
			return nil, dataError("%d is no byte, use 0 to 255", v)
		}
		return append(dst, byte(v)), nil
	case [][]byte:
		for _, b := range v {
			dst = append(dst, b...)
		}
		return dst, nil
	}
	return appendSlice(dst, data, depth)
}

// appendSlice appends the elements of a slice of anything.
func appendSlice(dst []byte, data IOData, depth int) (out []byte, err error) {
	v := reflect.ValueOf(data)
	if v.Kind() != reflect.Slice {
		return nil, dataError("%T is neither bytes nor a slice of them", data)
	}
	if _, named := data.(fmt.Stringer); named && v.Type().Elem().Kind() == reflect.Uint8 {
		return nil, dataError("%T is no plain data, convert it to []byte", data)
	}
	for i := range v.Len() {
		if dst, err = appendData(dst, v.Index(i).Interface(), depth+1); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// dataError refuses a payload. It matches syscall.EINVAL.
func dataError(format string, args ...any) error {
	return fmt.Errorf("transport: data to send is refused: %s: %w", fmt.Sprintf(format, args...), syscall.EINVAL)
}
