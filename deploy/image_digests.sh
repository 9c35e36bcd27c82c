#!/bin/sh
# Writes the digest of every image of others behind its tag, in docker-compose.yml and deploy/Dockerfile:
# `sh deploy/image_digests.sh`. A tag can be moved to other bytes, a digest cannot. Needs docker and its registry.
#
# The registry says which digest a tag has now; look at the difference before you commit it.
set -eu
cd "$(dirname "$0")/.."

digest_of() { # the digest of a list of images for all platforms
    docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}'
}

for file in docker-compose.yml deploy/Dockerfile; do
    sed -n -E 's/^( *image: |FROM )([a-z0-9./-]+:[A-Za-z0-9.-]+)(@sha256:[0-9a-f]{64})?.*$/\2/p' "$file" | sort -u |
    while read -r image; do
        digest=$(digest_of "$image")
        case $digest in sha256:*) ;; *) echo "no digest of $image: $digest" >&2; exit 1 ;; esac
        sed -i -E "s#^( *image: |FROM )$image(@sha256:[0-9a-f]{64})?#\\1$image@$digest#" "$file"
        echo "$file: $image@$digest"
    done
done
