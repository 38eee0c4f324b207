package dev.tallygate.client;

import java.util.concurrent.Executor;

/**
 * What everything shares that one client holds.
 *
 * @param tellers runs the listeners of leases, one after the other
 * @param tenant empty for the default one
 * @param deadlineNs the longest time for one call, all its attempts together
 * @param held what it holds and gives back
 */
record Connection(
    Calls calls, Time time, Executor tellers, String tenant, long deadlineNs, Held held) {}
