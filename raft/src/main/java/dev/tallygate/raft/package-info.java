/** Consensus: orders commands through Raft and applies them to the replicated state. */
@NullMarked
package dev.tallygate.raft;

import org.jspecify.annotations.NullMarked;
