package dev.tallygate.loadtest.drive;

/**
 * What an answer was: one that the workload counts, or something else under a name.
 *
 * @param name for the report, for example {@code granted} or {@code refused EXHAUSTED}
 * @param counted whether it is the outcome that the workload measures
 */
public record Reply(String name, boolean counted) {}
