/**
 * Counts and leases over gRPC. The hot calls (Allocate, Renew, Release, Commit, Cancel) are read
 * and written by hand, compatible with {@code tallygate/v1/licensing.proto}: no generated message
 * is made on their way. Everything here runs on event loops and never blocks, but for lists, which
 * have a thread of their own.
 */
@NullMarked
package dev.tallygate.server.licensing;

import org.jspecify.annotations.NullMarked;
