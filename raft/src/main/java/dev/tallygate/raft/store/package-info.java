/** The off-heap tables that hold the replicated state. */
@NullMarked
package dev.tallygate.raft.store;

import org.jspecify.annotations.NullMarked;
