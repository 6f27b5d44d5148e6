package dev.mooring.adapter.persistence;

/**
 * Where a database is and how to get in.
 *
 * @param url a PostgreSQL JDBC URL
 */
public record DatabaseAccess(String url, String user, String password) {

    /** Without the password, and without the URL's parameters, which may hold another. */
    @Override
    public String toString() {
        return "%s as %s".formatted(address(), user);
    }

    /** The URL without its parameters: fit for logs and messages. */
    String address() {
        int parameters = url.indexOf('?');
        return parameters < 0 ? url : url.substring(0, parameters);
    }
}
