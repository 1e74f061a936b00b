# The Core Rule Set 4 is in no package of Debian or npm, so it cannot be loaded
# here as a whole.  What it is written in can: a rule set of our own in its
# shape (setup, defaults, levels by markers, scores by level, evaluation in two
# phases) with every directive, variable, operator, transformation, action and
# ctl that CRS 4 uses.  Each rule has a request that it matches and one that it
# does not.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Run qw(apisec);
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $n = 0;

# What CRS 4 uses, as counted in its rules.

my %used = (
    directive => [qw(SecRule SecAction SecMarker SecDefaultAction
        SecComponentSignature SecRuleUpdateTargetById)],
    variable => [qw(XML:/* XML://@* TX ARGS ARGS_NAMES REQUEST_COOKIES
        REQUEST_COOKIES_NAMES REQUEST_HEADERS REQUEST_FILENAME RESPONSE_BODY &TX
        REQUEST_URI REQUEST_BODY REQUEST_METHOD &REQUEST_HEADERS &ARGS
        MATCHED_VARS MATCHED_VAR FILES FILES_NAMES REQUEST_URI_RAW
        RESPONSE_HEADERS REQUEST_LINE REQUEST_BASENAME REQBODY_PROCESSOR
        REQUEST_HEADERS_NAMES MULTIPART_PART_HEADERS &MULTIPART_PART_HEADERS
        REMOTE_ADDR RESPONSE_STATUS REQUEST_PROTOCOL ARGS_GET ARGS_GET_NAMES
        REQUEST_BODY_LENGTH UNIQUE_ID ARGS_COMBINED_SIZE FILES_COMBINED_SIZE
        QUERY_STRING)],
    operator => [qw(@rx @lt @eq @endsWith @ge @streq !@rx @pmFromFile @contains
        @gt @pm !@within @validateByteRange !@endsWith !@eq @within @ipMatch
        !@pm @validateUrlEncoding !@streq @detectXSS @detectSQLi !@lt
        @validateUtf8Encoding !@validateByteRange !@beginsWith !@pmFromFile
        @unconditionalMatch)],
    transformation => [qw(none urlDecodeUni lowercase jsDecode htmlEntityDecode
        utf8toUnicode removeNulls cssDecode cmdLine removeWhitespace
        replaceComments normalizePath escapeSeqDecode compressWhitespace
        normalizePathWin base64Decode length sha1 hexEncode removeCommentsChar)],
    action => [qw(tag setvar phase id ver ctl pass nolog msg severity block
        logdata capture skipAfter chain log noauditlog multiMatch deny status
        initcol auditlog)],
    ctl => [qw(ruleRemoveById auditEngine ruleRemoveByTag
        forceRequestBodyVariable ruleRemoveTargetByTag requestBodyProcessor)],
    selector => [qw(!REQUEST_COOKIES:/ !ARGS_NAMES:/ TX:/ REQUEST_COOKIES:/
        MULTIPART_PART_HEADERS:_charset_ RESPONSE_HEADERS:)],
);

my $setup = <<'END';
SecComponentSignature "RULES_IN_THE_SHAPE_OF_CRS/4.0.0"
SecDefaultAction "phase:1,log,auditlog,pass"
SecDefaultAction "phase:2,log,auditlog,pass"
SecDefaultAction "phase:3,log,auditlog,pass"
SecDefaultAction "phase:4,log,auditlog,pass"
SecDefaultAction "phase:5,log,auditlog,pass"
SecResponseBodyAccess On
SecAction "id:900990,phase:1,pass,t:none,nolog,tag:'SHAPE',ver:'SHAPE/4.0.0',\
    setvar:tx.crs_setup_version=4000"
END

my $init = <<'END';
SecRule &TX:crs_setup_version "@eq 0" "id:901001,phase:1,deny,status:500,log,\
    auditlog,msg:'no setup',ver:'SHAPE/4.0.0',severity:'CRITICAL'"
SecRule &TX:inbound_anomaly_score_threshold "@eq 0" "id:901100,phase:1,pass,\
    nolog,setvar:'tx.inbound_anomaly_score_threshold=5'"
SecRule &TX:outbound_anomaly_score_threshold "@eq 0" "id:901110,phase:1,pass,\
    nolog,setvar:'tx.outbound_anomaly_score_threshold=4'"
SecRule &TX:early_blocking "@eq 0" "id:901115,phase:1,pass,nolog,\
    setvar:'tx.early_blocking=0'"
SecRule &TX:blocking_paranoia_level "@eq 0" "id:901120,phase:1,pass,nolog,\
    setvar:'tx.blocking_paranoia_level=1'"
SecRule &TX:detection_paranoia_level "@eq 0" "id:901125,phase:1,pass,nolog,\
    setvar:'tx.detection_paranoia_level=%{TX.blocking_paranoia_level}'"
SecRule &TX:sampling_percentage "@eq 0" "id:901130,phase:1,pass,nolog,\
    setvar:'tx.sampling_percentage=100'"
SecRule &TX:critical_anomaly_score "@eq 0" "id:901140,phase:1,pass,nolog,\
    setvar:'tx.critical_anomaly_score=5'"
SecRule &TX:notice_anomaly_score "@eq 0" "id:901143,phase:1,pass,nolog,\
    setvar:'tx.notice_anomaly_score=2'"
SecRule &TX:error_anomaly_score "@eq 0" "id:901141,phase:1,pass,nolog,\
    setvar:'tx.error_anomaly_score=4'"
SecRule &TX:charsets "@eq 0" "id:901168,phase:1,pass,nolog,\
    setvar:'tx.charsets=|utf-8| |iso-8859-1|'"
SecRule &TX:restricted_headers "@eq 0" "id:901165,phase:1,pass,nolog,\
    setvar:'tx.restricted_headers=/proxy/ /lock-token/'"
SecAction "id:901200,phase:1,pass,t:none,nolog,\
    setvar:'tx.blocking_inbound_anomaly_score=0',\
    setvar:'tx.detection_inbound_anomaly_score=0',\
    setvar:'tx.inbound_anomaly_score_pl1=0',setvar:'tx.inbound_anomaly_score_pl2=0',\
    setvar:'tx.blocking_outbound_anomaly_score=0',\
    setvar:'tx.outbound_anomaly_score_pl1=0',setvar:'tx.anomaly_score=0'"
SecRule &TX:ENABLE_DEFAULT_COLLECTIONS "@eq 1" "id:901320,phase:1,pass,nolog,\
    setvar:'tx.ua_hash=%{REQUEST_HEADERS.User-Agent}',chain"
    SecRule TX:ENABLE_DEFAULT_COLLECTIONS "@eq 1" "chain"
        SecRule TX:ua_hash "@unconditionalMatch" "t:none,t:sha1,t:hexEncode,\
            initcol:global=global,initcol:ip=%{remote_addr}_%{MATCHED_VAR}"
SecRule REQBODY_PROCESSOR "!@rx (?:URLENCODED|MULTIPART|XML|JSON)" "id:901340,\
    phase:1,pass,nolog,noauditlog,msg:'body',ctl:forceRequestBodyVariable=On"
SecRule REQUEST_HEADERS:X-Forced "@eq 1" "id:901350,phase:1,pass,nolog,chain"
    SecRule REQBODY_PROCESSOR "!@rx (?:URLENCODED|MULTIPART|XML|JSON)" \
        "ctl:requestBodyProcessor=URLENCODED"
SecRule TX:sampling_percentage "@eq 100" "id:901400,phase:1,pass,nolog,\
    skipAfter:END-SAMPLING"
SecRule UNIQUE_ID "@rx ^[a-f]*([0-9])[a-f]*([0-9])" "id:901410,phase:1,pass,\
    capture,t:sha1,t:hexEncode,nolog,setvar:'TX.rnd=%{TX.1}%{TX.2}'"
SecRule TX:rnd "!@lt %{tx.sampling_percentage}" "id:901450,phase:1,pass,log,\
    noauditlog,msg:'sampled out',ctl:ruleRemoveByTag=SHAPE"
SecMarker "END-SAMPLING"
SecRule TX:detection_paranoia_level "@lt %{tx.blocking_paranoia_level}" \
    "id:901500,phase:1,deny,status:500,t:none,log,msg:'levels'"
SecRule REQUEST_LINE "@streq GET /" "id:905100,phase:1,pass,nolog,chain"
    SecRule REMOTE_ADDR "@ipMatch 127.0.0.9,::9" "ctl:ruleRemoveByTag=SHAPE,\
        ctl:auditEngine=Off"
SecRule REQUEST_FILENAME "@streq /quiet" "id:905110,phase:1,pass,nolog,\
    ctl:ruleRemoveById=932001,ctl:ruleRemoveTargetByTag=noisy;ARGS:free"
END

# A rule of level 1 unless its actions say pl2; ACT is what it does.

my (@rules, %level2);

sub rule {
    my ($id, $rule, $good, @attacks) = @_;
    push @rules, { id => $id, rule => $rule, good => $good,
        attacks => \@attacks };
    return;
}

sub http {
    my ($method, $uri, $body, @lines) = @_;
    push @lines, 'Content-Length: ' . length $body if defined $body;
    unshift @lines, 'Host: api.example' if !grep { /^Host/ } @lines;
    return join "\r\n", "$method $uri HTTP/1.1", @lines, '', $body // '';
}

sub get { return http('GET', shift, undef, @_) }
sub form { return http('POST', '/', shift,
    'Content-Type: application/x-www-form-urlencoded', @_) }
sub json { return http('POST', '/', shift, 'Content-Type: application/json') }
sub xml { return http('POST', '/', shift, 'Content-Type: text/xml') }
sub parts { my @p = map { "--XyZ\r\n$_\r\n" } @_;
    return http('POST', '/', join('', @p) . "--XyZ--\r\n",
        'Content-Type: multipart/form-data; boundary=XyZ') }
sub field { return "Content-Disposition: form-data; name=\"$_[0]\"\r\n"
    . ($_[2] // '') . "\r\n$_[1]" }
sub file { return "Content-Disposition: form-data; name=\"$_[0]\"; "
    . "filename=\"$_[1]\"\r\nContent-Type: text/plain\r\n\r\n$_[2]" }

my $long = 'x' x 300;
my $all = 'REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/|REQUEST_COOKIES_NAMES|'
    . 'ARGS_NAMES|ARGS|XML:/*|XML://@*';

rule 911100, 'SecRule REQUEST_METHOD "!@within GET POST" ACT', get('/'),
    http('PUT', '/');
rule 913100, 'SecRule REQUEST_HEADERS:User-Agent "@pmFromFile agents.data" "id:913100,phase:1,block,capture,t:none,ACTS"',
    get('/', 'User-Agent: Mozilla'), get('/', 'User-Agent: an Evilbot/1');
rule 913101, 'SecRule REQUEST_HEADERS:X-Kind "!@pmFromFile agents.data" ACT',
    get('/', 'X-Kind: evilbot'), get('/', 'X-Kind: other');
rule 920100, 'SecRule REQUEST_LINE "!@rx (?i)^[a-z]{3,10}\s+/[^#]*\s+HTTP/[0-9.]+$" ACT',
    get('/a?b'), get('/a#b');
rule 920120, 'SecRule FILES|FILES_NAMES "!@rx ^[^\x22\';=]*$" ACT2',
    parts(file('f', 'a.txt', 'x')), parts(file('f', 'a=.txt', 'x'));
rule 920160, 'SecRule REQUEST_HEADERS:Content-Length "!@rx ^\d+$" ACT', form('a=1'),
    get('/', 'Content-Length: 0x');
rule 920170, 'SecRule REQUEST_METHOD "@rx ^(?:GET|HEAD)$" "id:920170,phase:1,block,t:none,ACTS,chain"
    SecRule REQUEST_HEADERS:Content-Length "!@rx ^0?$" "t:none,setvar:tx.seen=1"',
    get('/', 'Content-Length: 0'), http('GET', '/', 'a');
rule 920181, 'SecRule &REQUEST_HEADERS:Transfer-Encoding "!@eq 0" "id:920181,phase:1,block,t:none,ACTS,chain"
    SecRule &REQUEST_HEADERS:Content-Length "!@eq 0" "t:none"',
    form('a=1'), form('a=1', 'Transfer-Encoding: chunked');
rule 920220, 'SecRule REQUEST_URI_RAW "@rx \x25" "id:920220,phase:1,block,t:none,ACTS,chain"
    SecRule REQUEST_URI_RAW "@validateUrlEncoding" "t:none"', get('/%41'), get('/%4');
rule 920250, 'SecRule REQUEST_FILENAME|ARGS|ARGS_NAMES "@validateUtf8Encoding" ACT2',
    get('/?q=%C3%BC'), get('/?q=%C0%AF');
rule 920270, 'SecRule REQUEST_URI|REQUEST_HEADERS|ARGS|ARGS_NAMES "@validateByteRange 1-255" "id:920270,phase:2,block,t:none,t:urlDecodeUni,ACTS"',
    get('/?q=a'), get('/?q=%00');
rule 920271, 'SecRule ARGS:plain "!@validateByteRange 128-255" ACT2', get('/?plain=a'),
    get('/?plain=%C3%BC');
rule 920280, 'SecRule &REQUEST_HEADERS:Host "@eq 0" ACT', get('/'),
    "GET / HTTP/1.0\r\n\r\n";
rule 920310, 'SecRule REQUEST_HEADERS:Accept "@rx ^$" "id:920310,phase:1,pass,t:none,ACTS,chain"
    SecRule REQUEST_METHOD "!@rx ^OPTIONS$" "chain"
        SecRule REQUEST_HEADERS:User-Agent "!@pm AppleWebKit Android" "t:none"',
    get('/', 'Accept:', 'User-Agent: AppleWebKit'), get('/', 'Accept:', 'User-Agent: x');
rule 920370, 'SecRule ARGS "@gt 200" "id:920370,phase:2,block,t:none,t:length,ACTS"',
    get('/?a=b'), get("/?a=$long");
rule 920380, 'SecRule &ARGS "@gt 4" ACT2', get('/?a=1&b=2'), get('/?a&b&c&d&e');
rule 920390, 'SecRule ARGS_COMBINED_SIZE "@gt 900" ACT2', get('/?a=b'),
    get("/?a=$long&b=$long&c=$long");
rule 920410, 'SecRule FILES_COMBINED_SIZE "@gt 200" ACT2', parts(file('f', 'a', 'x')),
    parts(file('f', 'a', $long));
rule 920430, 'SecRule REQUEST_PROTOCOL "!@within HTTP/1.0 HTTP/1.1 HTTP/2" ACT', get('/'),
    "GET / HTTP/7\r\nHost: a\r\n\r\n";
rule 920440, 'SecRule REQUEST_BASENAME "@rx \.([^.]+)$" "id:920440,phase:1,block,capture,t:none,logdata:\'%{TX.0}\',setvar:\'tx.extension=.%{tx.1}/\',ACTS,chain"
    SecRule TX:EXTENSION "@within .bak/ .sql/" "t:none,t:urlDecodeUni,t:lowercase"',
    get('/a.html'), get('/a.BAK');
rule 920450, 'SecRule REQUEST_HEADERS_NAMES "@rx ^.*$" "id:920450,phase:1,block,capture,t:none,t:lowercase,setvar:\'tx.header_name_%{tx.0}=/%{tx.0}/\',ACTS,chain"
    SecRule TX:/^header_name_/ "@within %{tx.restricted_headers}" "t:none"',
    get('/', 'Accept: a'), get('/', 'Lock-Token: a');
rule 920500, 'SecRule REQUEST_FILENAME "@endsWith ~" ACT', get('/a'), get('/a~');
rule 920510, 'SecRule REQUEST_FILENAME "!@endsWith .json" "id:920510,phase:1,block,t:none,ACTS,chain"
    SecRule REQUEST_FILENAME "!@beginsWith /api" "chain"
        SecRule REQUEST_HEADERS:X-Api "!@streq no" "t:none"',
    get('/api/a', 'X-Api: yes'), get('/b', 'X-Api: yes');
rule 921151, 'SecRule ARGS_GET "@rx [\n\r]" "id:921151,phase:1,block,t:none,t:urlDecodeUni,t:htmlEntityDecode,ACTS"',
    get('/?a=b'), get('/?a=b%0Ac'), get('/?a=b%26%2310;c');
rule 921170, 'SecRule ARGS_NAMES|!ARGS_NAMES:/^ids$/ "@rx ." "id:921170,phase:2,pass,nolog,t:none,setvar:\'TX.paramcounter_%{MATCHED_VAR_NAME}=+1\'"
SecRule TX:/paramcounter_.*/ "@gt 1" "id:921180,phase:2,pass,t:none,ACTS"', undef;
rule 921180, '', get('/?a=1&ids=1&ids=2'), get('/?a=1&a=2');
rule 921200, 'SecRule ARGS_GET_NAMES "@rx ^[^:(]+\((?:[|&!][^)]*)?$" ACT', get('/?a=1'),
    get('/?a(%26=1');
rule 922100, 'SecRule &MULTIPART_PART_HEADERS:_charset_ "!@eq 0" "id:922100,phase:2,block,t:none,setvar:\'tx.part_charset=|%{ARGS._charset_}|\',ACTS,chain"
    SecRule TX:PART_CHARSET "!@within %{tx.charsets}" "t:lowercase"',
    parts(field('_charset_', 'UTF-8')), parts(field('_charset_', 'utf-7'));
rule 922150, 'SecRule &MULTIPART_PART_HEADERS "@gt 0" "id:922140,phase:2,pass,t:none,nolog,setvar:\'tx.part_n=0\'"
SecRule MULTIPART_PART_HEADERS "@rx ^content-type\s*:\s*(.*)$" "id:922150,phase:2,pass,capture,t:none,t:lowercase,nolog,setvar:\'tx.part_types_%{tx.part_n}=%{tx.1}\',setvar:\'tx.part_n=+1\'"
SecRule TX:/PART_TYPES_*/ "!@rx ^text/plain(?:; charset=utf-8)?$" "id:922110,phase:2,block,capture,t:none,t:lowercase,ACTS"', undef;
rule 922110, '', parts(field('a', 'b', "Content-Type: text/plain\r\n")),
    parts(field('a', 'b', "Content-Type: text/plain\r\n"),
        field('c', 'd', "Content-Type: text/plain; charset=utf-7\r\n"));
rule 930100, 'SecRule REQUEST_URI_RAW|ARGS|FILES|XML:/* "@rx (?:^|[/\x5c])\.\.[/\x5c]" "id:930100,phase:2,block,capture,multiMatch,t:none,t:utf8toUnicode,t:urlDecodeUni,t:removeNulls,t:cmdLine,logdata:\'%{MATCHED_VAR_NAME}: %{MATCHED_VAR}\',ACTS"',
    get('/?f=a/b'), get('/?f=a/../b'), get('/?f=..%25%32%66b'),
    xml('<a>../b</a>'), parts(file('f', '../x', 'y'));
rule 930120, 'SecRule ARGS|REQUEST_FILENAME "@pmFromFile files.data" "id:930120,phase:2,block,t:none,t:utf8toUnicode,t:urlDecodeUni,t:normalizePathWin,ACTS"',
    get('/?f=/home/a'), get('/?f=/x/../etc\\passwd');
rule 930130, 'SecRule REQUEST_FILENAME "@pmFromFile files.data" "id:930130,phase:1,block,t:none,t:utf8toUnicode,t:urlDecodeUni,t:normalizePath,ACTS"',
    get('/home/a'), get('/b/./..//etc/passwd');
rule 931100, 'SecRule ARGS "@rx ^(?i:file|https?)://(?:\d{1,3}\.){3}\d{1,3}" ACT2',
    get('/?u=http://a.example/'), get('/?u=http://10.0.0.1/');
rule 932001, qq{SecRule $all "\@rx (?i)\\b(?:cat|wget)\\b[ \\t]" "id:932001,phase:2,block,capture,t:none,t:cmdLine,tag:'noisy',ACTS"},
    get('/?a=concat+x', 'Cookie: __utma=cat x'), get('/?a=c^at+x'),
    get('/', 'Cookie: a=wget x'), json('{"a":["cat x"]}'), xml('<a b="cat x"/>');
rule 932002, 'SecRule ARGS "@rx /bin/sh" "id:932002,phase:2,block,t:none,t:escapeSeqDecode,tag:\'noisy\',ACTS"',
    get('/?a=/bin/st'), get('/?a=/bi\\x6e/\\163h');
rule 933100, 'SecRule ARGS "@contains <?php" "id:933100,phase:2,block,t:none,t:lowercase,ACTS"',
    get('/?a=%3C?xml'), get('/?a=%3C?PHP');
rule 933120, 'SecRule ARGS "@pm allow_url_include auto_prepend_file" "id:933120,phase:2,block,capture,t:none,t:normalizePath,ACTS,chain"
    SecRule MATCHED_VARS "@pm =" "capture"', get('/?a=allow_url_include'),
    get('/?a=allow_url_include%3D1');
rule 934100, 'SecRule ARGS "@rx process\.env|require\(" "id:934100,phase:2,block,t:none,t:urlDecodeUni,t:jsDecode,t:removeWhitespace,t:base64Decode,t:urlDecodeUni,t:jsDecode,multiMatch,ACTS"',
    get('/?a=env'), get('/?a=cmVxdWlyZSgiYSIp'), get('/?a=proc\\x65ss+.env');
rule 941100, 'SecRule ARGS|REQUEST_HEADERS:Referer "@detectXSS" "id:941100,phase:2,block,t:none,t:utf8toUnicode,t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode,t:cssDecode,t:removeNulls,ACTS"',
    get('/?a=%3Cb%3E'), get('/?a=%3Csvg+onload=a()%3E'),
    json('{"a":"\\u003cscript\\u003e"}');
rule 942100, 'SecRule ARGS|REQUEST_COOKIES "@detectSQLi" "id:942100,phase:2,block,capture,t:none,t:utf8toUnicode,t:urlDecodeUni,t:removeNulls,multiMatch,ACTS"',
    get("/?a=O'Brien"), get("/?a=1'+or+'1'='1"), form('a=1+union+select+1,2--');
rule 942200, 'SecRule ARGS "@rx (?i)unionselect" "id:942200,phase:2,block,t:none,t:replaceComments,t:removeWhitespace,ACTS"',
    get('/?a=union'), get('/?a=uni%2F**%2Fon+select'), get('/?a=union/*x*/select');
rule 942500, 'SecRule ARGS "@rx (?i)/\*[!+].*" "id:942500,phase:2,block,t:none,t:urlDecodeUni,ACTS"',
    get('/?a=/*+x+*/'), get('/?a=/*!1*/');
rule 942510, 'SecRule ARGS "@streq unionall" "id:942510,phase:2,block,t:none,t:removeCommentsChar,t:compressWhitespace,ACTS"',
    get('/?a=all'), get('/?a=union/*--all');
rule 943100, 'SecRule REQUEST_COOKIES:/^sess/ "@rx (?i)set-cookie" ACT2',
    get('/', 'Cookie: s=set-cookie'), get('/', 'Cookie: sess1=a Set-Cookie');
rule 944100, 'SecRule REQUEST_BODY|QUERY_STRING "@rx java\.lang" ACT2', form('a=java'),
    http('POST', '/', 'java.lang', 'Content-Type: x/y'), get('/?java.lang');
rule 944110, 'SecRule REQUEST_BODY_LENGTH "@ge 700" ACT2', form('a=1'), form("a=$long$long$long");
rule 944120, 'SecRule ARGS:forced "@streq yes" ACT2', form('forced=no'),
    http('POST', '/', 'forced=yes', 'X-Forced: 1', 'Content-Type: x/y');
rule 944130, 'SecRule ARGS:a "@rx ^pl2$" "id:944130,phase:2,block,t:none,ACTSPL2"',
    get('/?a=pl'), get('/?a=pl2');
$level2{944130} = 1;

my $answers = <<'END';
SecRule RESPONSE_STATUS "@rx ^5\d\d$" "id:950100,phase:3,block,capture,t:none,ACTSOUT"
SecRule RESPONSE_HEADERS:Content-Type "@rx (?i)octet" "id:950110,phase:3,pass,nolog,t:none,ctl:ruleRemoveById=951100"
SecRule RESPONSE_BODY "@pmFromFile errors.data" "id:951100,phase:4,block,capture,t:none,ACTSOUT"
SecRule TX:blocking_outbound_anomaly_score "@ge %{tx.outbound_anomaly_score_threshold}" "id:959999,phase:4,pass,nolog"
SecRule TX:outbound_anomaly_score_pl1 "@ge 1" "id:959060,phase:4,pass,nolog,setvar:'tx.blocking_outbound_anomaly_score=+%{tx.outbound_anomaly_score_pl1}'"
SecRule TX:BLOCKING_OUTBOUND_ANOMALY_SCORE "@ge %{tx.outbound_anomaly_score_threshold}" "id:959100,phase:4,deny,t:none,msg:'out %{TX.BLOCKING_OUTBOUND_ANOMALY_SCORE}',severity:'CRITICAL'"
SecAction "id:980099,phase:5,pass,t:none,nolog,noauditlog,setvar:'tx.sum=%{tx.blocking_inbound_anomaly_score}'"
END

my $end = <<'END';
SecRule TX:DETECTION_PARANOIA_LEVEL "@ge 1" "id:949152,phase:2,pass,t:none,nolog,setvar:'tx.detection_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl1}'"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 1" "id:949060,phase:2,pass,t:none,nolog,setvar:'tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl1}'"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 2" "id:949061,phase:2,pass,t:none,nolog,setvar:'tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl2}'"
SecMarker "BEGIN-REQUEST-BLOCKING-EVAL"
SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,t:none,msg:'in %{TX.BLOCKING_INBOUND_ANOMALY_SCORE}',tag:'anomaly-evaluation',ver:'SHAPE/4.0.0',severity:'CRITICAL'"
SecRuleUpdateTargetById 931100 "!ARGS:callback"
END

sub acts {
    my ($pl, $dir) = @_;
    return "msg:'found',tag:'SHAPE',ver:'SHAPE/4.0.0',severity:'CRITICAL'"
        . ($pl ? ",setvar:'tx.${dir}_anomaly_score_$pl="
            . "+%{tx.critical_anomaly_score}'" : '');
}

# The score of a chain is in its last link: what a head does, it does when the
# head alone matches.

sub text {
    my ($text) = @_;
    $text =~ s/ACT(2?)(?=$)/'"id:ID,phase:' . ($1 || 1) . ',block,t:none,ACTS"'/me;
    if ($text =~ s/ACTS(?=,chain)/acts()/e) {
        $text =~ s/"\z/,setvar:'tx.inbound_anomaly_score_pl1=+5'"/;
    }
    $text =~ s/ACTSPL2/acts('pl2', 'inbound')/ge;
    $text =~ s/ACTSOUT/acts('pl1', 'outbound')/ge;
    $text =~ s/ACTS/acts('pl1', 'inbound')/ge;
    return $text;
}

my $rules = '';
for my $level (1, 2) {
    for my $phase (1, 2) {
        $rules .= "SecRule TX:DETECTION_PARANOIA_LEVEL \"\@lt $level\" \"id:99$level$phase,"
            . "phase:$phase,pass,nolog,skipAfter:END-$level\"\n";
    }
    for (grep { ($level2{$_->{id}} ? 2 : 1) == $level } @rules) {
        my $text = text($_->{rule});
        $text =~ s/id:ID/id:$_->{id}/;
        $rules .= "$text\n" if length $text;
    }
    $rules .= "SecMarker \"END-$level\"\n";
}

sub spew {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
    return;
}

spew('agents.data', "# names\nevilbot\nbadspider\n");
spew('files.data', "etc/passwd\nboot.ini\n");
spew('errors.data', "ORA-00933\nSQL syntax\n");
spew('setup.conf', $setup);
spew('rules.conf', $init . $rules . text($answers) . $end);

# Every construct stands in a rule.

my $whole = $setup . $init . $rules . text($answers) . $end;
for my $kind (sort keys %used) {
    my @absent = grep {
        my $word = quotemeta;
        my $pattern = $kind eq 'transformation' ? qr/\bt:$word\b/
            : $kind eq 'action' ? qr/(?:^|[",\s])$word(?=[:,"]|$)/m
            : $kind eq 'ctl' ? qr/\bctl:$word=/
            : $kind eq 'operator' ? qr/"$word(?=[ "])/
            : $kind eq 'directive' ? qr/^\s*$word /m
            : qr/[\s|&]$word/;
        $whole !~ $pattern } @{$used{$kind}};
    is_deeply(\@absent, [], "each $kind of CRS 4 is in a rule");
}

my @files = map { "$dir/$_.conf" } qw(setup rules);
my $checked = apisec('waf', 'check', @files);
is($checked->{code}, 0, 'the set loads') or BAIL_OUT($checked->{err});
is_deeply([grep { !/SecComponentSignature/ } $checked->{out} =~ /^note: (.*)/mg],
    [], '... and nothing in it is without effect');
is(apisec('waf', 'check', "$dir/rules.conf")->{code}, 0, 'without its setup, too');

# Which rules match, of those with a message.

sub asked {
    my ($request, @more) = @_;
    spew('request', $request);
    my $got = apisec('waf', 'explain', @files, '--request', "$dir/request", @more);
    return ({ map { $_ => 1 } $got->{out} =~ /^(\d+)  phase/mg }, $got);
}

for my $rule (grep { defined $_->{good} } @rules) {
    my $id = $rule->{id};
    my @level = $level2{$id} ? ('--paranoia', 2) : ();
    my ($seen, $got) = asked($rule->{good}, @level);
    like($got->{out}, qr/\Apasses, score 0\n\z/, "$id: a good request");
    for my $attack (@{$rule->{attacks}}) {
        ($seen, $got) = asked($attack, @level);
        ok($seen->{$id}, "$id: an attack")
            or diag("$attack\n$got->{out}$got->{err}");
        like($got->{out}, qr/^refused: 403 by rule 949110 in phase 2, score (?!0)\d+$/m,
            "$id: its score is counted, and refused");
    }
}

# Order of things.

my ($seen, $got) = asked($rules[-1]{attacks}[0]);
like($got->{out}, qr/\Apasses, score 0\n\z/, 'a rule of level 2 is skipped at level 1');

spew('setup.conf', $setup =~ s/(setup_version)=4000/none=1/r);
(undef, $got) = asked(get('/'));
like($got->{out}, qr/^refused: 500 by rule 901001 in phase 1/m, 'no setup');
spew('setup.conf', $setup . "SecAction \"id:900000,phase:1,pass,nolog,"
    . "setvar:tx.blocking_paranoia_level=2,setvar:tx.detection_paranoia_level=1\"\n");
(undef, $got) = asked(get('/'));
like($got->{out}, qr/^refused: 500 by rule 901500/m, 'levels that contradict');
spew('setup.conf', $setup . "SecAction \"id:900400,phase:1,pass,nolog,"
    . "setvar:tx.sampling_percentage=0\"\n");
(undef, $got) = asked(get("/?a=1'+or+'1'='1"));
like($got->{out}, qr/^passes/m, 'of a sample of 0 % nothing is looked at');
spew('setup.conf', $setup . "SecAction \"id:900130,phase:1,pass,nolog,"
    . "setvar:tx.enable_default_collections=1\"\n");
($seen) = asked(get('/', 'User-Agent: x'), '--all');
ok($seen->{901320}, 'collections by address and hash of the agent');
spew('setup.conf', $setup);

like((asked(get("/quiet?a=cat+x")))[1]{out}, qr/^passes/m, 'ctl:ruleRemoveById');
like((asked(get("/quiet?free=/bin/sh")))[1]{out}, qr/^passes/m,
    'ctl:ruleRemoveTargetByTag');
like((asked(get("/quiet?other=/bin/sh")))[1]{out}, qr/^refused/m,
    '... of that target alone');
like((asked(get('/?callback=http://10.0.0.1/')))[1]{out}, qr/^passes/m,
    'SecRuleUpdateTargetById');

sub answered {
    my ($status, $type, $body) = @_;
    spew('answer', "HTTP/1.1 $status\r\nContent-Type: $type\r\n\r\n$body");
    return (asked(get('/'), '--response', "$dir/answer"))[1]{out};
}

like(answered('200 OK', 'text/plain', 'fine'), qr/^passes/m, 'a good answer');
like(answered('200 OK', 'text/plain', 'ORA-00933'),
    qr/^refused: 403 by rule 959100 in phase 4/m, 'an error of a database');
like(answered('500 No', 'text/plain', 'x'), qr/^950100  phase 3/m, 'a status');
like(answered('200 OK', 'octet/x', 'ORA-00933'), qr/^passes/m,
    'ctl in phase 3 for phase 4');

done_testing;
