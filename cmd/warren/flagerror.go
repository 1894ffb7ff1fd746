package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// flagError says what a flag wants where the parser only says, in the words of
// package strconv, that it has something else.
func flagError(err error) error {
	var number *strconv.NumError
	if !errors.As(err, &number) {
		return err
	}
	about := strings.TrimSuffix(err.Error(), ": "+number.Error())
	remedy := "give a whole number"
	switch {
	case errors.Is(number, strconv.ErrRange):
		remedy = "is out of range: give a smaller number"
	case number.Func == "ParseFloat":
		remedy = "give a number, such as 0.3"
	case number.Func == "ParseBool":
		remedy = "give true or false"
	}
	return fmt.Errorf("%s: %s", about, remedy)
}
