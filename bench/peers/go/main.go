// The product page as a Go team would write it by hand: four fetches at once under one deadline,
// typed on the way in, encoded on the way out; the product is critical, the others are not.
//
// usage: aggregator PORT FIRST_SERVICE_PORT
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// Part is what each of the four services says.
type Part struct {
	From  string `json:"from"`
	ID    string `json:"id"`
	Title string `json:"title"`
	Price struct {
		Amount   float64 `json:"amount"`
		Currency string  `json:"currency"`
	} `json:"price"`
	Rows []struct {
		SKU  string  `json:"sku"`
		Size float64 `json:"size"`
		Left int     `json:"left"`
		Kept bool    `json:"kept"`
	} `json:"rows"`
}

// Page is the answer.
type Page struct {
	Product   *Part    `json:"product"`
	Inventory *Part    `json:"inventory"`
	Pricing   *Part    `json:"pricing"`
	Reviews   *Part    `json:"reviews"`
	Errors    []string `json:"errors,omitempty"`
}

// Aggregator makes the calls. Its client keeps enough idle connections a host; the default of two
// would open a connection for most calls.
type Aggregator struct {
	client  *http.Client
	ports   int
	timeout time.Duration
}

func (a *Aggregator) fetch(ctx context.Context, service int, name, id string) (*Part, error) {
	url := "http://127.0.0.1:" + strconv.Itoa(a.ports+service) + "/" + name + "/" + id
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	var part Part
	if err := json.NewDecoder(response.Body).Decode(&part); err != nil {
		return nil, err
	}
	return &part, nil
}

func (a *Aggregator) page(ctx context.Context, id string) (*Page, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	var (
		page  Page
		group sync.WaitGroup
		lock  sync.Mutex
	)
	wanted := []struct {
		name string
		to   **Part
	}{{"product", &page.Product}, {"inventory", &page.Inventory}, {"pricing", &page.Pricing}, {"reviews", &page.Reviews}}
	group.Add(len(wanted))
	for service := range wanted {
		go func(service int) {
			defer group.Done()
			part, err := a.fetch(ctx, service, wanted[service].name, id)
			if err != nil {
				lock.Lock()
				defer lock.Unlock()
				page.Errors = append(page.Errors, wanted[service].name+": "+err.Error())
				return
			}
			*wanted[service].to = part
		}(service)
	}
	group.Wait()
	if page.Product == nil {
		return nil, fmt.Errorf("no product: %v", page.Errors)
	}
	return &page, nil
}

func (a *Aggregator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	if id == "" {
		http.Error(w, "missing product id", http.StatusBadRequest)
		return
	}
	page, err := a.page(r.Context(), id)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(page); err != nil {
		log.Print(err)
	}
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: aggregator PORT FIRST_SERVICE_PORT")
	}
	ports, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConns: 8192, MaxIdleConnsPerHost: 2048, IdleConnTimeout: time.Minute}
	http.Handle("/api/aggregated/product", &Aggregator{
		client:  &http.Client{Transport: transport},
		ports:   ports,
		timeout: 2 * time.Second,
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
