// Package worked holds the bug that docs/simulation.md works through: from a
// timeout that hits one run in many to a test that fails every time, and then
// to one that passes every time.
package worked

import (
	"context"
	"io"
	"net/http"
	"time"
)

// A try may fail, so there are several.
const (
	tries   = 3
	timeout = 250 * time.Millisecond // of one try
)

// FlakyPrice asks the shop for a price, three times if need be. Its tests
// pass, nearly always.
func FlakyPrice(client *http.Client, url string) (price string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for range tries {
		if price, err = get(ctx, client, url); err == nil {
			return price, nil
		}
	}
	return "", err
}

// Price is FlakyPrice with the bug mended: every try has its own time.
func Price(client *http.Client, url string) (price string, err error) {
	for range tries {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		price, err = get(ctx, client, url)
		cancel()
		if err == nil {
			return price, nil
		}
	}
	return "", err
}

// get is one try.
func get(ctx context.Context, client *http.Client, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
