/**
 * Reads this node's ledger for operators: ranges, as it grows, and everything about one lease. Runs
 * on threads of its own, because it reads files.
 */
@NullMarked
package dev.tallygate.server.ledger;

import org.jspecify.annotations.NullMarked;
