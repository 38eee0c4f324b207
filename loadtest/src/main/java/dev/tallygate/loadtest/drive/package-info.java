/**
 * The lean generator: closed loops of unary calls whose bytes are written by hand, and how they are
 * summed up.
 */
@NullMarked
package dev.tallygate.loadtest.drive;

import org.jspecify.annotations.NullMarked;
