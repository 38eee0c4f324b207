/** Workloads, the open-loop driver, fault injection, reports and micro-benchmarks. */
@NullMarked
package dev.tallygate.loadtest;

import org.jspecify.annotations.NullMarked;
