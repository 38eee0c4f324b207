/** The decision point: one process that answers checks and allocations. */
@NullMarked
package dev.tallygate.server;

import org.jspecify.annotations.NullMarked;
