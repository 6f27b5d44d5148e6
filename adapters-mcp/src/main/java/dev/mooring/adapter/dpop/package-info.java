/**
 * Demonstrating proof of possession (RFC 9449): the key pairs that tokens are bound to, the proofs
 * that go with each request, and the nonces that servers want in them. Cryptography and JWT are
 * Nimbus's; nobody outside this package looks into a key.
 */
@NullMarked
package dev.mooring.adapter.dpop;

import org.jspecify.annotations.NullMarked;
