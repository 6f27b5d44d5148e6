package dev.mooring.adapter.rest.openapi;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One request and its answer as they went over the wire.
 *
 * @param target path and query of the request, as they were sent
 * @param requestBody empty when there was none
 * @param body of the answer
 */
public record Exchange(
        String method,
        String target,
        Map<String, List<String>> requestHeaders,
        String requestBody,
        int status,
        Map<String, List<String>> headers,
        String body) {
    public Exchange {
        requestHeaders = inAnyCase(requestHeaders);
        headers = inAnyCase(headers);
    }

    /**
     * What went through the JDK's client.
     *
     * @param requestBody what the request's publisher sent; empty when it sent nothing
     */
    public static Exchange of(
            HttpRequest request, String requestBody, HttpResponse<String> response) {
        String query = request.uri().getRawQuery();
        return new Exchange(
                request.method(),
                request.uri().getRawPath() + (query == null ? "" : "?" + query),
                request.headers().map(),
                requestBody,
                response.statusCode(),
                response.headers().map(),
                response.body());
    }

    /** The same with another status. */
    public Exchange withStatus(int other) {
        return new Exchange(method, target, requestHeaders, requestBody, other, headers, body);
    }

    String path() {
        return target.split("\\?", 2)[0];
    }

    String query() {
        String[] parts = target.split("\\?", 2);
        return parts.length == 2 ? parts[1] : "";
    }

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    private static Map<String, List<String>> inAnyCase(Map<String, List<String>> headers) {
        Map<String, List<String>> sorted = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.forEach((name, values) -> sorted.put(name, List.copyOf(values)));
        return sorted;
    }
}
