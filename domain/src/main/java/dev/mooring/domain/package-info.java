/**
 * What every part of the domain shares: how a value that cannot exist is refused, how identifiers
 * are made and how secrets keep silent. Everything below this package is immutable, knows no clock
 * and no randomness of its own, and may be used from any thread.
 */
@NullMarked
package dev.mooring.domain;

import org.jspecify.annotations.NullMarked;
