import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Asks izingate before a send, over HTTP, with the JDK alone: java Check.java http://127.0.0.1:7070 601234 05320000001 */
public class Check {
    public static void main(String[] args) throws Exception {
        String recipient = URLEncoder.encode(args[2], StandardCharsets.UTF_8);
        URI uri = URI.create(args[0] + "/v1/check?type=MESAJ&reference=example&brandCode=" + args[1] + "&recipient=" + recipient);
        HttpRequest question = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(3))
                .header("Accept", "text/plain").header("izingate-caller", "example-java").build();
        // "ALLOW APPROVED", "DENY REFUSED", and "DEFER" with a code for everything that went wrong.
        HttpResponse<String> answer = HttpClient.newHttpClient().send(question, BodyHandlers.ofString());
        String line = answer.body().strip();
        System.out.println(line);
        // Send only what is allowed. DEFER may be asked again later, but not with a status of 4xx: then the question itself is wrong.
        if (answer.statusCode() / 100 == 4) System.err.println(answer.statusCode() + ": mend the question before it is asked again");
        System.exit(line.startsWith("ALLOW ") ? 0 : 1);
    }
}
