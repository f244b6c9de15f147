"""Small archives, written as their providers' documentation says; places and values are made up.

ISMN: the two layouts as the network's site describes them. SCAN: the report generator's columns.
USCRN: the 38 fields of NCEI's readme for ``hourly02``.
"""

import zipfile

HEADER = "NET NET Upper-Meadow 48.10000 16.50000 155.00 0.05 0.05 Probe-A\n"
STATIC = (
    "quantity_name;unit;depth_from[m];depth_to[m];value;description;quantity_source_name;\n"
    "clay fraction;% weight;0.00;0.30;21.00;;HWSD;\n"
    "clay fraction;% weight;0.30;1.00;29.00;;HWSD;\n"
    "sand fraction;% weight;0.00;0.30;40.00;;HWSD;\n"
    "sand fraction;% weight;0.00;0.10;55.50;;insitu;\n"
    "silt fraction;% weight;0.00;0.30;-99.9;;HWSD;\n"
    "land cover classification;;;;10;;CCI_landcover_2000;\n"
    "land cover classification;;;;130;Grassland;CCI_landcover_2010;\n"
    "climate classification;;;;Cfb;;koeppen_geiger_2007;\n"
)


def name_stm(station="Upper-Meadow", variable="sm", depth="0.050000", instrument="Probe-A"):
    return f"NET_NET_{station}_{variable}_{depth}_{depth}_{instrument}_20200101_20201231.stm"


def write_ismn(folder, lines, *, header=HEADER, name=None, static=STATIC):
    station = folder / "NET" / "Upper-Meadow"
    station.mkdir(parents=True, exist_ok=True)
    (station / (name or name_stm())).write_text(header + "\n".join(lines) + "\n")
    if static:
        (station / "NET_NET_Upper-Meadow_static_variables.csv").write_text(static)
    return folder


def zip_folder(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(folder.rglob("*")):
            archive.write(one, one.relative_to(folder))
    return path


def write_scan(folder, lines, *, unit="pct", stations=True):
    folder.mkdir(parents=True, exist_ok=True)
    columns = [f"Farm #1 (77) Soil Moisture Percent {depth}in ({unit})" for depth in ("-2", "-4")]
    text = "# report\n#\nDate," + ",".join(columns) + "\n" + "\n".join(lines) + "\n"
    (folder / "77.txt").write_text(text)
    if stations:
        (folder / "stations.csv").write_text(
            "station_id,name,state,latitude,longitude,elevation_ft\n77,Farm #1,NE,40.5,-96.5,1000\n"
        )
    return folder


def write_uscrn_line(date, time, moisture):
    fields = ["94074", date, time, date, time, "2.623", "-104.76", "40.81"]
    fields += ["-9999.0"] * 20 + list(moisture) + ["-9999.0"] * 5
    return " ".join(fields)
