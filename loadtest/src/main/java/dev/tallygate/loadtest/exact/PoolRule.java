package dev.tallygate.loadtest.exact;

/**
 * What a pool may not exceed.
 *
 * @param sessions true for units that come back when a lease ends, false for a meter
 */
public record PoolRule(String name, long limit, boolean sessions) {}
