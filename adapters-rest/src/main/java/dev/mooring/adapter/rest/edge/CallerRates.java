package dev.mooring.adapter.rest.edge;

/**
 * How often callers may come, each by itself.
 *
 * @param known who has a credential that counts, wherever it comes from
 * @param strangers an address from which somebody comes without one
 * @param guesses an address from which somebody comes with one that does not count, and is told so
 */
public record CallerRates(RequestRate known, RequestRate strangers, RequestRate guesses) {
    /** As often as they like. */
    public static final CallerRates UNLIMITED =
            new CallerRates(RequestRate.UNLIMITED, RequestRate.UNLIMITED, RequestRate.UNLIMITED);
}
