package ApiTest::ApiKeys;

# API keys of the tests: made from an id and a letter, and the stores that
# know them.  Nothing here comes from the code under test.

use strict;
use warnings;

use ApiTest qw(json);
use Compress::Zlib qw(crc32);
use Digest::SHA qw(hmac_sha256_hex);
use Exporter ();

our @EXPORT = qw(api_key key_entry key_store pepper);


# for "eval" sections too, as ApiTest
sub import {
    Exporter::export(__PACKAGE__, 'Test::Base::Filter');
    goto &Exporter::import;
}

sub pepper { return '0123456789abcdef' x 4 }


# ak_<id>_<secret>_<crc>: the secret is made of one letter.
sub api_key {
    my ($id, $letter) = @_;

    my $body = "ak_${id}_" . ($letter // 'x') x 32;
    return $body . sprintf '_%08x', crc32($body);
}


# An entry of a store; undef takes a member away.
sub key_entry {
    my ($id, %more) = @_;

    my $letter = delete $more{letter};
    my %entry = (id => $id, principal => "client-$id",
                 hash => 'hmac-sha256:'
                     . hmac_sha256_hex(api_key($id, $letter), pepper()),
                 %more);
    delete @entry{ grep { !defined $entry{$_} } keys %entry };
    return \%entry;
}


sub key_store { return json({ keys => [@_] }) }

1;
