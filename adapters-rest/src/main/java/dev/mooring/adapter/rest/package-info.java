/** The HTTP interface: resources that parse a request, call one use case and write its answer. */
@NullMarked
package dev.mooring.adapter.rest;

import org.jspecify.annotations.NullMarked;
