package ApiTest::Traffic;

# Requests to an API of orders, each other than the one before, the same ones
# in each run: the n-th of a kind follows from its number.
#
#     my $file = requests($dir, 'order', $port, $from, $n, $new);
#     `curl -s -K $file`                 # one connection; prints each status
#
#     my ($query, $body, $client) = request('order', $number, $new);
#
# As in life, some values of a request were seen before (customers, products,
# cities, clients), others never (ids, numbers, times, notes). With $new no value
# was, but for names of fields, numbers of few digits, words of which there are
# few (a currency, a country, a last name), Host and Accept.

use strict;
use warnings;

use ApiTest;
use Exporter qw(import);
use JSON::PP ();

our @EXPORT_OK = qw(request requests);

my $json = JSON::PP->new->canonical->utf8;

my %kinds = (
    list  => \&list,      # GET, four arguments
    order => \&order,     # an order of 1 KB, 50 leaves
    items => \&items,     # 12 KB, 686 leaves
    prose => \&prose,     # 15 KB of texts, words alone
    notes => \&notes,     # 15 KB of texts with numbers and brackets
);

my @clients = map {"Mozilla/5.0 ($_)"} 'X11; Linux x86_64',
    'Macintosh; Intel Mac OS X 10_15_7', 'Windows NT 10.0; Win64; x64',
    'Linux; Android 13; Pixel 7';
my @statuses = qw(created paid shipped delivered cancelled);
my @cities   = qw(Berlin Boston Hamburg Leeds Lyon Madrid Porto Turin Vienna);
my @lands    = qw(AT BR DE ES FR GB IT PT US);
my @first    = qw(Anna Bruno Clara David Elena Felix Greta Hugo Ines Jonas);
my @last     = qw(Adler Brandt Costa Dupont Evans Fischer Garcia Hansen Klein);
my @goods    = ('USB-C cable, 2 m', 'Notebook A5 "dotted"', 'Chess set',
    'Desk lamp', 'Green tea, 100 g', 'Water bottle 0.7 l', 'Wool socks',
    'Kitchen scale', 'Travel adapter');
my @notes = ('Please ring twice', 'Leave it with the neighbours', '',
    "Dringend \x{2013} bitte heute", 'Gift wrap, no invoice in the box');

my @who  = ('The customer', 'A colleague', 'Our driver', 'The warehouse',
    'Somebody from accounting', 'The supplier', 'Her neighbour');
my @does = ('asked for', 'has sent', 'is waiting for', 'will bring',
    'could not find', 'wants to change', 'wrote again about', 'forgot');
my @what = ('the second parcel', 'a corrected invoice', 'the delivery address',
    'an offer for next year', 'the order of last week', 'both samples',
    'the key to the back door', 'a date in spring');
my @more = ('as the office in Hamburg is closed until Monday',
    'and we agreed to the later date', 'because the first one was damaged',
    'but nobody had noticed; please have a look', 'while stocks last',
    'which is possible as long as it has not left', 'or phones if not',
    'so that it can be paid (again) before the holidays');


# Numbers that look like random ones, from the kind and the number of a request.

my $state;

sub below {
    my ($n) = @_;
    $state = ($state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return int($state / 2_147_483_648 * $n);
}

sub one { return $_[below(scalar @_)] }

sub letters { return join '', map { chr 97 + below(26) } 1 .. $_[0] }

sub uuid {
    return sprintf '%04x%04x-%04x-4%03x-a%03x-%04x%04x%04x',
        map { below($_) } (65_536) x 3, 4096, 4096, (65_536) x 3;
}


# One of a few words, or one that nobody has seen.

sub word {
    my ($new, @words) = @_;
    return $new ? one(@words) . ' ' . letters(7) : one(@words);
}


sub list {
    my ($new) = @_;
    return sprintf '?page=%d&limit=%d&sort=%s&customer=c-%s', 1 + below(40),
        one(20, 50, 100), $new ? letters(8) : one(qw(created total status)),
        $new ? letters(9) : 1000 + below(9000);
}


sub item {
    my ($new) = @_;
    my $good = below(scalar @goods);

    return {
        sku => $new ? 'SKU-' . letters(9) : 'SKU-' . (68_454 + 101 * $good),
        name => $new ? "$goods[$good] " . letters(7) : $goods[$good],
        quantity => 1 + below(4), unit_price => 0.01 * below(20_000),
        tax_rate => one(0, 0.07, 0.19), in_stock => one(\0, \1),
    };
}


sub order {
    my ($new) = @_;
    my $id = $new ? below(1_000_000_000) : 217_000 + below(3000);

    return '', $json->encode({
        id => uuid(), number => 4_000_000 + below(1_000_000_000),
        status => word($new, @statuses),
        created_at => sprintf('2026-%02d-%02dT%02d:%02d:%02dZ', 1 + below(12),
            1 + below(28), below(24), below(60), below(60)),
        customer => {
            id => $id, name => word($new, @first) . ' ' . one(@last),
            email => "user$id\@example.com", vip => one(\0, \1),
            phone => '+49 30 ' . ($new ? below(9_999_999) : 1_000_000 + $id),
        },
        shipping => {
            street => 1 + below(99) . ' ' . word($new, 'Main Street'),
            city => word($new, @cities), zip => '' . (10_000 + below(90_000)),
            country => one(@lands),
            geo => { lat => 0.0001 * below(900_000), lon => below(180) },
        },
        items => [map { item($new) } 1 .. 5],
        tags => [word($new, qw(web app shop)), word($new, qw(promo new old))],
        total => 0.01 * below(200_000), currency => 'EUR',
        note => word($new, @notes), refund => undef,
    });
}


sub items {
    my ($new) = @_;

    return '', $json->encode({ n => 686, items => [map { {
        sku => 'AB-' . ($new ? letters(6) : 1000 + below(9000)),
        quantity => below(20), price => 1.25 * below(200),
        name => 'green tea no ' . ($new ? letters(4) : below(200)),
    } } 1 .. 171] });
}


# Sentences that begin and end anywhere, but with a whole word: "closed" cut to
# "sed" would be a command to the Core Rule Set.

my $letter = 'The customer asked whether the order could come to a second '
    . 'address, as the warehouse in Hamburg is closed until next week. We '
    . 'said that a change is possible while the parcel is still here; they '
    . 'agreed and took the later date. Please correct the invoice and leave '
    . 'a note for accounting, or phone if anything is unclear. ';


sub prose {
    return '', $json->encode({ map {
        ("note$_" => substr($letter x 5, below(length $letter), 1060)
            =~ s/^\S+ //r)
    } 1 .. 14 });
}


sub sentence {
    return join(' ', one(@who), one(@does), one(@what)) . ', ' . one(@more)
        . ', order ' . below(1_000_000) . '. ';
}


sub notes {
    my %text;

    for my $i (1 .. 14) {
        my $text = '';
        $text .= sentence() while length $text < 1050;
        $text{"note$i"} = substr $text, 0, 1050;
    }

    return '', $json->encode(\%text);
}


# Query, body (undef: a GET) and User-Agent.

sub request {
    my ($kind, $number, $new) = @_;

    $state = ($number * 7919 + length $kind) * 104_729 % 2_147_483_648;
    below(2);

    my ($query, $body) = $kinds{$kind}->($new);
    my $client = $new ? one(@clients) . '/' . below(1_000_000_000)
        : one(@clients);

    return ($query, $body, $client);
}


# What curl is told in a file.

sub quoted { return '"' . $_[0] =~ s/(["\\])/\\$1/gr . '"' }

sub requests {
    my ($dir, $kind, $port, $from, $n, $new) = @_;
    my $file = "$dir/curl.$kind";
    my @all;

    for my $i ($from .. $from + $n - 1) {
        my ($query, $body, $client) = request($kind, $i, $new);

        push @all, join "\n", map { ref $_ ? "$_->[0] = $_->[1]" : $_ }
            [url => quoted("http://127.0.0.1:$port/orders$query")],
            [header => '"Host: api.example.com"'],
            [header => '"Accept: application/json"'],
            ['user-agent' => quoted($client)],
            defined $body ? ([header => '"Content-Type: application/json"'],
                ['data-binary' => quoted($body)]) : (),
            [output => '/dev/null'], ['write-out' => '"%{http_code}\n"'];
    }

    write_file($file, join "\nnext\n", @all);
    return $file;
}


1;
