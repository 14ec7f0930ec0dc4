# inspection-themes with its fetcher; docs/fetching.md shows how to run it.
FROM python:3.12-slim

WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY pipeline pipeline
COPY corpus corpus
COPY models models
# Not editable: the package brings its own corpus and models.
RUN pip install --no-cache-dir -c constraints.txt '.[fetch]'

RUN useradd --uid 1000 --create-home analyst && mkdir /data && chown analyst /data
# Its number, so that a cluster can see that it is not root.
USER 1000
WORKDIR /data
VOLUME /data
ENTRYPOINT ["inspection-themes"]
CMD ["--help"]
