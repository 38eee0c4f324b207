// Takes one seat, renews it, and gives it back: seat TARGET ENTITLEMENT USER SESSION.
//
// The stubs are generated first, by ./generate in this folder.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	tallygate "tallygate.dev/examples/seat/tallygatev1"
)

const (
	tries   = 10
	pause   = 200 * time.Millisecond
	within  = 2 * time.Second
	refused = 3
)

// Send the same request again after these. grpc says Unavailable, too, where a connection breaks. ResourceExhausted is
// repeated only where RetryInfo stands beside it: a message too large stays so.
func again(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return true
	case codes.ResourceExhausted:
		for _, detail := range status.Convert(err).Proto().GetDetails() {
			if strings.HasSuffix(detail.GetTypeUrl(), "/google.rpc.RetryInfo") {
				return true
			}
		}
	}
	return false
}

// retried calls with the number of the attempt until there is an answer.
func retried(call func(ctx context.Context, attempt uint32) error) error {
	for attempt := uint32(1); ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		err := call(ctx, attempt)
		cancel()
		if err == nil || attempt == tries || !again(err) {
			return err
		}
		time.Sleep(pause/2 + time.Duration(rand.Int63n(int64(pause/2))))
	}
}

// isGood asks both clocks: the monotonic one stands still while the machine sleeps, the wall clock jumps.
func isGood(sentAt time.Time, ttl time.Duration) bool {
	now := time.Now()
	return now.Sub(sentAt) < ttl && now.Round(0).Sub(sentAt.Round(0)) < ttl
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: seat TARGET ENTITLEMENT USER SESSION")
	}
	channel, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer channel.Close()
	code, err := use(tallygate.NewLicensingServiceClient(channel), os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

func use(node tallygate.LicensingServiceClient, entitlement, user, session string) (int, error) {
	// Made once: id and time name the request, and every attempt sends them again.
	request := &tallygate.AllocateRequest{
		RequestId:    uuid.NewString(),
		IssuedAt:     timestamppb.Now(),
		Subject:      &tallygate.Subject{Type: "user", Id: user},
		Entitlements: []*tallygate.EntitlementUnits{{Entitlement: entitlement, Units: 1}},
		Session:      session,
	}
	var answer *tallygate.AllocateResponse
	var sentAt time.Time
	err := retried(func(ctx context.Context, attempt uint32) (err error) {
		request.Attempt = attempt
		// The ttl of the answer counts from here, the send of the attempt that was answered.
		sentAt = time.Now()
		answer, err = node.Allocate(ctx, request)
		return err
	})
	if err != nil {
		return 1, err
	}
	if no := answer.GetRefused(); no != nil {
		reason := strings.TrimPrefix(no.Reason.String(), "REFUSAL_REASON_")
		fmt.Printf("refused: %s, %d of %d taken\n", reason, no.Taken, no.Limit)
		return refused, nil
	}
	grants := answer.GetGranted().GetGrants()
	if len(grants) == 0 {
		fmt.Println("over already")
		return refused, nil
	}
	seat := grants[0]
	fmt.Printf("granted for %.0f s, free: %d\n", seat.Ttl.AsDuration().Seconds(), seat.Free)

	// Work goes here, while isGood and no longer. Renew well before the end, say after a third of the ttl; from then on,
	// what is good counts from the send of the Renew.
	var renewed *tallygate.RenewResponse
	err = retried(func(ctx context.Context, _ uint32) (err error) {
		renewed, err = node.Renew(ctx, &tallygate.RenewRequest{LeaseId: seat.LeaseId, Token: seat.Token})
		return err
	})
	if err != nil {
		return 1, err
	}
	wasGood := isGood(sentAt, seat.Ttl.AsDuration())
	if renewed.GetRenewed() == nil {
		fmt.Println("lost: stop working")
		return refused, nil
	}
	if wasGood {
		fmt.Println("renewed")
	} else {
		// The seat is still held, but work had to stop when its time passed: it may begin anew, and here it ends.
		fmt.Println("renewed late: work had stopped")
	}

	err = retried(func(ctx context.Context, _ uint32) error {
		_, err := node.Release(ctx, &tallygate.ReleaseRequest{LeaseId: seat.LeaseId, Token: seat.Token})
		return err
	})
	if err != nil {
		return 1, err
	}
	fmt.Println("given back")
	return 0, nil
}
