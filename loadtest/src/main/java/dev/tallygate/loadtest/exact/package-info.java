/**
 * The pure oracle: takes what clients saw and what the ledger says, and names every contradiction.
 */
@NullMarked
package dev.tallygate.loadtest.exact;

import org.jspecify.annotations.NullMarked;
