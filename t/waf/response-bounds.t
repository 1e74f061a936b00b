# Phases 3 and 5, and phase 4 of a response without a body, run at once: nobody
# can wait for them.  What they may cost is bounded, whatever the budget is.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

no_root_location();

add_block_preprocessor(sub {
    my $block = shift;
    my $long = 'x' x 3000;

    my $text = <<'END';
    log_format waf '$status action=$api_waf_action rules=$api_waf_rules';
    access_log logs/access.log waf;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        default_type text/plain;
        location /long { add_header X-Note $TEST_LONG; add_header X-Note $TEST_LONG; return 200 "fine\n"; }
        location /short { add_header X-Note xxx; return 200 "fine\n"; }
    }
    api_waf_ruleset three $TEST_NGINX_HTML_DIR/3.conf;
    api_waf_ruleset four $TEST_NGINX_HTML_DIR/4.conf;
    api_waf_ruleset five $TEST_NGINX_HTML_DIR/5.conf;
END
    $text =~ s/\$TEST_LONG/$long/g;
    $block->set_value(http_config => $text);

    # Each reads the header some times over; the last one matches.

    my $files = '';
    for my $phase (3, 4, 5) {
        my $last = $phase * 1000 + 999;
        $files .= ">>> $phase.conf\nSecResponseBodyAccess On\n" . join('', map {
            my $id = $phase * 1000 + $_;
            "SecRule RESPONSE_HEADERS:X-Note \"!\@rx ^[xy]*\$\" "
            . "\"id:$id,phase:$phase,pass\"\n" } 1 .. 800)
            . "SecRule RESPONSE_STATUS \"\@eq 200\" \"id:$last,phase:$phase,pass,log\"\n";
    }
    $block->set_value(user_files => $files);

    my $config = join '', map {
        my ($name, $set) = @$_;
        "location /$name/ { api_waf $set; api_waf_budget off;"
        . " proxy_buffer_size 16k; proxy_buffers 4 16k;"
        . " proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1/; }\n" }
        ['3', 'three'], ['4', 'four'], ['5', 'five'],
        ['watch3', 'three mode=monitor'], ['watch4', 'four mode=monitor'];
    $block->set_value(config => $config);
});

check_problems();
run_tests();

__DATA__

=== TEST 1: phase 3: headers that cost more than may be at once are refused
--- request
GET /3/long
--- error_code: 502
--- problem
status: 502
code: inspection_too_costly
--- response_headers
! X-Note
--- access_log
502 action=failed rules=-



=== TEST 2: ... and their twin passes, with all rules run
--- request
GET /3/short
--- response_body
fine
--- access_log
200 action=passed rules=3999
--- no_error_log
[warn]



=== TEST 3: ... monitor lets them pass, and says so
--- request
GET /watch3/long
--- response_body
fine
--- error_log
take longer than nginx can wait for them



=== TEST 4: phase 4 without a body: the same
--- request
HEAD /4/long
--- error_code: 502
--- response_headers
! X-Note
--- access_log
502 action=failed rules=-



=== TEST 5: ... and its twin
--- request
HEAD /4/short
--- error_code: 200
--- access_log
200 action=passed rules=4999
--- no_error_log
[warn]



=== TEST 6: with a body it goes on in turns, and ends
--- request
GET /4/long
--- response_body
fine
--- access_log
200 action=passed rules=4999
--- no_error_log
[warn]



=== TEST 7: phase 5 ends early, says so, and nothing changes for the client
--- request
GET /5/long
--- response_body
fine
--- access_log
200 action=passed rules=-
--- error_log
rules of phase 5 of "five" were left before their end



=== TEST 8: ... and its twin comes to the end
--- request
GET /5/short
--- response_body
fine
--- access_log
200 action=passed rules=5999
--- no_error_log
[warn]



=== TEST 9: monitor, without a body
--- request
HEAD /watch4/long
--- error_code: 200
--- error_log
take longer than nginx can wait for them
