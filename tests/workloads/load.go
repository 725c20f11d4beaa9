// SPDX-License-Identifier: Apache-2.0

// What Go programs do: goroutines, a server, garbage, children, signals.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(network, address string, clients int) int {
	l, err := net.Listen(network, address)
	check(err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				s := bufio.NewScanner(c)
				for s.Scan() {
					n, _ := strconv.Atoi(s.Text())
					fmt.Fprintln(c, n*2)
				}
			}()
		}
	}()
	var wg sync.WaitGroup
	var lock sync.Mutex
	sum := 0
	for i := 0; i < clients; i++ {
		wg.Add(1)
		go func(n int) {
			defer wg.Done()
			c, err := net.Dial(network, l.Addr().String())
			check(err)
			defer c.Close()
			r := bufio.NewReader(c)
			for k := 0; k < 10; k++ {
				fmt.Fprintln(c, n)
				line, err := r.ReadString('\n')
				check(err)
				v, _ := strconv.Atoi(strings.TrimSpace(line))
				lock.Lock()
				sum += v
				lock.Unlock()
			}
		}(i)
	}
	wg.Wait()
	check(l.Close())
	return sum
}

func garbage(n int) int {
	var kept [64][]byte
	total := 0
	for i := 0; i < n; i++ {
		kept[i%64] = make([]byte, 10000)
		total += len(kept[i%64])
	}
	return total
}

func main() {
	scale, err := strconv.Atoi(os.Args[1])
	check(err)
	fmt.Println("tcp", serve("tcp", "127.0.0.1:0", 100*scale))
	fmt.Println("unix", serve("unix", "/tmp/go.sock", 50*scale))
	fmt.Println("garbage", garbage(20000*scale))
	cmd := exec.Command("/bin/cat")
	cmd.Stdin = strings.NewReader("through a child")
	out, err := cmd.Output()
	check(err)
	fmt.Println(string(out))
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR1)
	check(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	fmt.Println(<-ch)
	interfaces, err := net.Interfaces()
	check(err)
	fmt.Println(len(interfaces) > 0)
	f, err := os.CreateTemp("", "go")
	check(err)
	_, err = io.Copy(f, strings.NewReader("hello"))
	check(err)
	check(f.Sync())
	select {
	case <-time.After(20 * time.Millisecond):
		fmt.Println("timer")
	}
}
