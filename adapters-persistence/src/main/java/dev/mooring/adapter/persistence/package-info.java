/** Stores over PostgreSQL, each with its SQL at the top and its rows owning their mapping. */
@NullMarked
package dev.mooring.adapter.persistence;

import org.jspecify.annotations.NullMarked;
