/** The enforcement point's library: asks a decision point, and discharges what it answers. */
@NullMarked
package dev.tallygate.client;

import org.jspecify.annotations.NullMarked;
