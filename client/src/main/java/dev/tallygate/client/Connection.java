package dev.tallygate.client;

/**
 * What everything shares that one client holds.
 *
 * @param tellers tell the listeners of leases
 * @param tenant empty for the default one
 * @param deadlineNs the longest time for one call, all its attempts together
 * @param held what it holds and gives back
 */
record Connection(
    Calls calls, Time time, Tellers tellers, String tenant, long deadlineNs, Held held) {}
