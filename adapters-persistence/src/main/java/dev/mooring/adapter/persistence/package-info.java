/**
 * The stores over PostgreSQL. {@link dev.mooring.adapter.persistence.Persistence} opens a database
 * and hands them out; each has its SQL at its top and a row that owns the mapping both ways and
 * always writes every column. {@code JdbcUnitOfWork} makes several calls one transaction, {@code
 * SecretCipher} seals what must stay secret, and the tables themselves refuse a state that is not
 * whole. Everything blocks and may be called from any thread.
 */
@NullMarked
package dev.mooring.adapter.persistence;

import org.jspecify.annotations.NullMarked;
