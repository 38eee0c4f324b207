/** Checks of the contract itself, on the descriptors that the compiler made of it. */
@NullMarked
package dev.tallygate.proto;

import org.jspecify.annotations.NullMarked;
