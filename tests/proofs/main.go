// Checks receipts and proofs of balances as somebody would who does not have ain's code: by the note and tlog packages of Go's checksum
// database, and receipts once more by torchwood, a published implementation of C2SP's formats.
//
//	proofs NETWORK-ID BASE64URL-OF-THE-SEQUENCER'S-KEY FILE
//
// Prints what the file proves; exits 1, saying why, when it proves nothing.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const buckets = 1 << 16

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: proofs NETWORK-ID SEQUENCER-KEY FILE")
		os.Exit(2)
	}
	said, err := check(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
	fmt.Println(said)
}

func check(network, key, file string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return "", err
	}
	verifier, err := sequencer(network, raw)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if bytes.HasPrefix(text, []byte("ain/balance-proof@v1\n")) {
		return checkBalance(string(text), verifier)
	}
	return checkReceipt(text, verifier)
}

// The verifier of a signed note: its key's text carries the first four bytes of SHA-256(name, "\n", algorithm, key).
func sequencer(network string, raw []byte) (note.Verifier, error) {
	const ed25519 = 1
	public := append([]byte{ed25519}, raw...)
	hash := sha256.Sum256(append([]byte(network+"\n"), public...))
	return note.NewVerifier(fmt.Sprintf("%s+%08x+%s", network, binary.BigEndian.Uint32(hash[:4]), base64.StdEncoding.EncodeToString(public)))
}

type checkpoint struct {
	tree  tlog.Tree
	state tlog.Hash
}

// The note's signature by x/mod, its lines by hand: the fourth is ain's own.
func openCheckpoint(text string, verifier note.Verifier) (checkpoint, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 5 || lines[0] != verifier.Name() {
		return checkpoint{}, errors.New("no checkpoint of this network")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return checkpoint{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return checkpoint{}, err
	}
	words := strings.Split(lines[3], " ")
	if len(words) != 3 || words[0] != "state" {
		return checkpoint{}, errors.New("the checkpoint names no state")
	}
	state, err := tlog.ParseHash(words[2])
	return checkpoint{tlog.Tree{N: size, Hash: root}, state}, err
}

func checkReceipt(text []byte, verifier note.Verifier) (string, error) {
	entry, err := torchwood.ProofExtraData(text)
	if err != nil {
		return "", err
	}
	leaf := tlog.RecordHash(entry)
	policy := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(verifier.Name()), torchwood.SingleVerifierPolicy(verifier))
	if err := torchwood.VerifyProof(policy, leaf, text); err != nil {
		return "", fmt.Errorf("torchwood: %w", err)
	}
	reader := &lines{rest: string(text)}
	reader.next("c2sp.org/tlog-proof@v1")
	reader.next("extra ")
	index := reader.number("index ")
	path := reader.path()
	if reader.err != nil {
		return "", reader.err
	}
	signed, err := openCheckpoint(reader.rest, verifier)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckRecord(path, signed.tree.N, signed.tree.Hash, index, leaf); err != nil {
		return "", err
	}
	envelope, _, found := bytes.Cut(entry, []byte("{"))
	if !found {
		return "", errors.New("the entry has no result")
	}
	return fmt.Sprintf("transaction %x is entry %d of %d", sha256.Sum256(envelope), index, signed.tree.N), nil
}

func checkBalance(text string, verifier note.Verifier) (string, error) {
	reader := &lines{rest: text}
	reader.next("ain/balance-proof@v1")
	key, value := reader.bytes("key "), reader.bytes("value ")
	row, rows := reader.number("row "), reader.number("rows ")
	toBucket := reader.path()
	bucket := reader.bytes("bucket ")
	toRoot := reader.path()
	if reader.err != nil {
		return "", reader.err
	}
	if len(bucket) != tlog.HashSize {
		return "", errors.New("the bucket is no hash")
	}
	signed, err := openCheckpoint(reader.rest, verifier)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckRecord(tlog.RecordProof(toBucket), rows, tlog.Hash(bucket), row, leaf(key, value)); err != nil {
		return "", fmt.Errorf("in its bucket: %w", err)
	}
	hash := sha256.Sum256(key)
	number := int64(binary.BigEndian.Uint16(hash[:2]))
	if err := tlog.CheckRecord(tlog.RecordProof(toRoot), buckets, signed.state, number, leaf(hash[:2], bucket)); err != nil {
		return "", fmt.Errorf("among the buckets: %w", err)
	}
	return fmt.Sprintf("account %x after %d transactions: %s", bytes.TrimPrefix(key, []byte("account/")), signed.tree.N, value), nil
}

// CometBFT's "simple:v": each part with its length before it.
func leaf(key, value []byte) tlog.Hash {
	sum := sha256.Sum256(value)
	var data []byte
	for _, part := range [][]byte{key, sum[:]} {
		data = binary.AppendUvarint(data, uint64(len(part)))
		data = append(data, part...)
	}
	return tlog.RecordHash(data)
}

// The lines of a proof; the first thing that is wrong stays in err.
type lines struct {
	rest string
	err  error
}

func (l *lines) next(prefix string) string {
	line, rest, found := strings.Cut(l.rest, "\n")
	l.rest = rest
	if l.err == nil && (!found || !strings.HasPrefix(line, prefix)) {
		l.err = fmt.Errorf("a line %q is missing", prefix)
	}
	return strings.TrimPrefix(line, prefix)
}

func (l *lines) keep(err error) {
	if l.err == nil {
		l.err = err
	}
}

func (l *lines) bytes(prefix string) []byte {
	bytes, err := base64.StdEncoding.DecodeString(l.next(prefix))
	l.keep(err)
	return bytes
}

func (l *lines) number(prefix string) int64 {
	number, err := strconv.ParseInt(l.next(prefix), 10, 64)
	l.keep(err)
	return number
}

func (l *lines) path() []tlog.Hash {
	var path []tlog.Hash
	for l.err == nil {
		line := l.next("")
		if line == "" {
			break
		}
		hash, err := tlog.ParseHash(line)
		l.keep(err)
		path = append(path, hash)
	}
	return path
}
