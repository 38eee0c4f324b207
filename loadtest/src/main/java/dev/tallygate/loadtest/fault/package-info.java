/** Runs that kill nodes under load and hold what clients saw against the oracle. */
@NullMarked
package dev.tallygate.loadtest.fault;

import org.jspecify.annotations.NullMarked;
